# Compiler flags for our own sources: target offhook_flags carries them.
add_library(offhook_flags INTERFACE)
target_compile_definitions(offhook_flags INTERFACE _GNU_SOURCE
	OFFHOOK_VERSION="${PROJECT_VERSION}")
target_compile_options(offhook_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
	-Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum
	-Wimplicit-fallthrough -Wdouble-promotion -fno-common
	$<$<BOOL:${OFFHOOK_WERROR}>:-Werror>
	$<$<C_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op
		-Wjump-misses-init>)
target_include_directories(offhook_flags INTERFACE ${CMAKE_SOURCE_DIR}/src
	${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)

# Asserts stay on in release: they guard our own mistakes, and the store commits
# before a reply leaves, so that stopping is always safe.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO
	"${CMAKE_C_FLAGS_RELWITHDEBINFO}")
# All of it is position independent: the programs too.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
if(OFFHOOK_SANITIZE)
	add_compile_options(-fsanitize=${OFFHOOK_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer -g)
	add_link_options(-fsanitize=${OFFHOOK_SANITIZE})
	# As gcc says it; clang 14 has __has_feature only.
	if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND OFFHOOK_SANITIZE MATCHES "address")
		add_compile_definitions(__SANITIZE_ADDRESS__)
	elseif(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND OFFHOOK_SANITIZE MATCHES "thread")
		add_compile_definitions(__SANITIZE_THREAD__)
	endif()
else()
	add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
		$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>
		-fstack-protector-strong -fstack-clash-protection -fcf-protection)
	add_link_options(-Wl,-z,relro,-z,now)
endif()
if(OFFHOOK_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
