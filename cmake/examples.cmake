# What `offhook create` writes is embedded from data/project. (.gitignore is
# "dot.gitignore" there, lest it count for this repository.)
file(GLOB OFFHOOK_PROJECT CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/project/*)
list(SORT OFFHOOK_PROJECT)
add_custom_command(OUTPUT ${GENERATED}/project_files.c
	COMMAND embed project_file dev/project_files.h ${GENERATED}/project_files.c
		${OFFHOOK_PROJECT}
	DEPENDS embed ${OFFHOOK_PROJECT})
target_sources(oh_dev PRIVATE ${GENERATED}/project_files.c)

# examples/*.c: each a whole program, built as a user would build it: with the public
# headers and the library alone, strictly.
add_custom_target(examples)
file(GLOB OFFHOOK_EXAMPLES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*.c)
foreach(source ${OFFHOOK_EXAMPLES})
	get_filename_component(name ${source} NAME_WE)
	add_executable(example_${name} ${source})
	set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
		C_EXTENSIONS ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
	target_compile_options(example_${name} PRIVATE -Wall -Wextra -Wshadow
		$<$<BOOL:${OFFHOOK_WERROR}>:-Werror>)
	target_include_directories(example_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include
		${CMAKE_BINARY_DIR}/generated)
	target_link_libraries(example_${name} PRIVATE liboffhook)
	add_dependencies(examples example_${name})
endforeach()

# Their tests are among tests/e2e.
if(TARGET conversation)
	target_compile_definitions(conversation PRIVATE
		EXAMPLES_DIR="${CMAKE_BINARY_DIR}/examples")
	add_dependencies(conversation examples)
endif()

# For tests of what users build: the build tree's library by way of pkg-config.
set(flags "")
if(OFFHOOK_SANITIZE)
	set(flags -fsanitize=${OFFHOOK_SANITIZE})
endif()
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/pkgconfig/offhook.pc CONTENT
"Name: offhook
Description: the library of this build tree
Version: ${PROJECT_VERSION}
Requires: jansson
Cflags: -I${CMAKE_SOURCE_DIR}/include -I${GENERATED} ${flags}
Libs: -L${CMAKE_BINARY_DIR} -Wl,-rpath,${CMAKE_BINARY_DIR} -loffhook -Wl,--export-dynamic ${flags}
")
foreach(name e2e_test_create e2e_test_dev e2e_test_locate)
	if(TARGET ${name})
		target_compile_definitions(${name} PRIVATE
			PKGCONFIG_DIR="${CMAKE_BINARY_DIR}/pkgconfig"
			C_COMPILER="${CMAKE_C_COMPILER}")
		add_dependencies(${name} liboffhook)
	endif()
endforeach()
