# liboffhook, from the objects of all layers, compiled once.
#   liboffhook.so.0  exports what offhook.h marks OH_API: hidden visibility, and a version
#                    script; scripts/check-symbols.sh compares with scripts/symbols.txt
#   liboffhook.a     one object whose other names are local: none can clash with a
#                    user's, and none is left out that only a table refers to
list(TRANSFORM OFFHOOK_LAYERS PREPEND oh_ OUTPUT_VARIABLE OFFHOOK_PARTS)
list(APPEND OFFHOOK_PARTS oh_main)
if(NOT LLHTTP_FOUND)
	list(APPEND OFFHOOK_PARTS llhttp)
endif()
foreach(part ${OFFHOOK_PARTS})
	list(APPEND OFFHOOK_OBJECTS $<TARGET_OBJECTS:${part}>)
endforeach()

add_library(liboffhook SHARED ${OFFHOOK_OBJECTS})
add_dependencies(liboffhook ${OFFHOOK_PARTS})
set_target_properties(liboffhook PROPERTIES OUTPUT_NAME offhook EXPORT_NAME offhook
	VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C
	LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/liboffhook.map)
target_include_directories(liboffhook INTERFACE
	$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<BUILD_INTERFACE:${GENERATED}>
	$<INSTALL_INTERFACE:include>)
target_link_options(liboffhook
	PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/liboffhook.map
	# Functions of a user's program, in the backtrace of its crash, have names then.
	INTERFACE LINKER:--export-dynamic)
if(NOT OFFHOOK_SANITIZE)
	target_link_options(liboffhook PRIVATE LINKER:-z,defs)
endif()
target_link_libraries(liboffhook PUBLIC PkgConfig::JANSSON
	PRIVATE PkgConfig::LIBEVENT PkgConfig::SQLITE PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::PCRE2
		PkgConfig::LIBXML2 PkgConfig::GLIB Threads::Threads ${CMAKE_DL_LIBS}
		$<$<BOOL:${LLHTTP_FOUND}>:llhttp>)

add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/offhook.o
	COMMAND ${CMAKE_C_COMPILER} -r -nostdlib ${OFFHOOK_RELOCATABLE} -o ${CMAKE_BINARY_DIR}/offhook-all.o
		${OFFHOOK_OBJECTS}
	COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${CMAKE_BINARY_DIR}/offhook-all.o
		${CMAKE_BINARY_DIR}/offhook.o
	DEPENDS ${OFFHOOK_PARTS}
	COMMAND_EXPAND_LISTS VERBATIM)
add_library(liboffhook_static STATIC ${CMAKE_BINARY_DIR}/offhook.o)
set_target_properties(liboffhook_static PROPERTIES OUTPUT_NAME offhook LINKER_LANGUAGE C)

# Pages of the manual, one for each group of offhook.h and one for the verbs.
set(OFFHOOK_MAN3 ${GENERATED}/oh_twiml.3)
foreach(page offhook oh_types oh_contexts oh_events oh_replies oh_documents oh_key_value oh_jobs
		oh_built_in)
	list(APPEND pages ${GENERATED}/${page}.3)
endforeach()
list(APPEND OFFHOOK_MAN3 ${pages})
add_custom_command(OUTPUT ${pages}
	COMMAND awk -v folder=${GENERATED} -f ${CMAKE_SOURCE_DIR}/tools/man_gen.awk
		${CMAKE_SOURCE_DIR}/include/offhook.h
	DEPENDS tools/man_gen.awk ${CMAKE_SOURCE_DIR}/include/offhook.h VERBATIM)
add_custom_target(man_pages ALL DEPENDS ${OFFHOOK_MAN3})
