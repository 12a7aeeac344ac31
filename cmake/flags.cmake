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
# For packages: scripts/build-package.sh builds, trains and builds again. What training did
# not reach is optimised as ever. Names in the objects depend on no directory and no chance,
# so that the same sources and the same profile make the same bits.
if(OFFHOOK_PROFILE)
	add_compile_options(-ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
	set(CMAKE_C_COMPILE_OBJECT "${CMAKE_SOURCE_DIR}/cmake/relative.sh ${CMAKE_SOURCE_DIR} \
<CMAKE_C_COMPILER> -frandom-seed=<OBJECT> <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> \
-c <SOURCE>")
endif()
if(OFFHOOK_PROFILE STREQUAL "generate")
	add_compile_options(-fprofile-generate -fprofile-update=atomic)
	add_link_options(-fprofile-generate)
elseif(OFFHOOK_PROFILE)
	add_compile_options(-flto=auto -fno-fat-lto-objects)
	add_link_options(-flto=auto)
	set(OFFHOOK_RELOCATABLE -O2 -fPIC -flto=auto -flinker-output=nolto-rel)
	if(OFFHOOK_PROFILE STREQUAL "use")
		add_compile_options(-fprofile-use -fprofile-partial-training
			-Wno-missing-profile -Wno-coverage-mismatch)
		add_link_options(-fprofile-use -fprofile-partial-training)
	endif()
endif()
if(OFFHOOK_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
