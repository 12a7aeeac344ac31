# The libraries Offhook stands on; ARCHITECTURE.md gives the reason for each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent_core)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)

# llhttp: Debian 12 ships its C sources (package node-llhttp), later ones a library.
pkg_check_modules(LLHTTP QUIET IMPORTED_TARGET libllhttp)
if(LLHTTP_FOUND)
	add_library(llhttp ALIAS PkgConfig::LLHTTP)
else()
	find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp NO_DEFAULT_PATH)
	find_path(LLHTTP_INCLUDE_DIR llhttp.h
		PATHS /usr/share/include/llhttp NO_DEFAULT_PATH)
	if(NOT LLHTTP_SOURCE_DIR OR NOT LLHTTP_INCLUDE_DIR)
		message(FATAL_ERROR "llhttp not found: apt-get install node-llhttp "
			"(its C sources; Node.js itself is not needed)")
	endif()
	add_library(llhttp STATIC ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c
		${LLHTTP_SOURCE_DIR}/llhttp.c)
	target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
	target_compile_definitions(llhttp PUBLIC LLHTTP_STRICT_MODE=1)
	target_compile_options(llhttp PRIVATE -w -fvisibility=hidden)
endif()
