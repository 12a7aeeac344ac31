# One static library per folder of src/, which the tests link; scripts/check-layers.sh
# keeps the order. Their objects make liboffhook, too (cmake/library.cmake), which
# exports what is marked OH_API and nothing else.
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED})

# The libraries that a folder knows beyond its own below.
set(LIBRARIES_acme PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::JANSSON)
set(LIBRARIES_api PkgConfig::JANSSON)
set(LIBRARIES_builtin PkgConfig::JANSSON)
set(LIBRARIES_client ${CMAKE_DL_LIBS} PkgConfig::CRYPTO)
set(LIBRARIES_frame Threads::Threads)
set(LIBRARIES_http PkgConfig::LIBEVENT PkgConfig::SSL llhttp)
set(LIBRARIES_jobs PkgConfig::GLIB)
set(LIBRARIES_keys PkgConfig::SQLITE)
set(LIBRARIES_query PkgConfig::JANSSON PkgConfig::PCRE2)
set(LIBRARIES_rest PkgConfig::JANSSON)
set(LIBRARIES_secrets PkgConfig::CRYPTO PkgConfig::JANSSON)
set(LIBRARIES_sqlite PkgConfig::SQLITE)
set(LIBRARIES_store PkgConfig::JANSSON)
set(LIBRARIES_twilio PkgConfig::CRYPTO PkgConfig::LIBXML2 PkgConfig::JANSSON)
set(LIBRARIES_util PkgConfig::CRYPTO Threads::Threads)
set(LIBRARIES_view PkgConfig::LIBXML2)

function(offhook_layer name)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
	add_library(oh_${name} STATIC ${sources})
	target_link_libraries(oh_${name} PRIVATE offhook_flags
		PUBLIC ${ARGN} ${LIBRARIES_${name}})
	target_compile_options(oh_${name} PRIVATE -fvisibility=hidden)
	add_dependencies(oh_${name} verbs_header)
endfunction()

# The TwiML element table is generated from data/twiml.json.
set(TWIML_JSON ${CMAKE_SOURCE_DIR}/data/twiml.json)
add_executable(twiml_gen tools/twiml_gen.c)
target_link_libraries(twiml_gen PRIVATE offhook_flags PkgConfig::JANSSON)
add_custom_command(OUTPUT ${GENERATED}/twiml_table.c
	COMMAND twiml_gen ${TWIML_JSON} ${GENERATED}/twiml_table.c
	DEPENDS twiml_gen ${TWIML_JSON})

# So are the verbs of the C interface: offhook_twiml.h, where its attributes stand, its
# manual page, and a test's calls of all of them.
add_executable(verbs_gen tools/verbs_gen.c tools/verbs_model.c tools/verbs_about.c
	tools/verbs_header.c tools/verbs_table.c tools/verbs_calls.c tools/verbs_man.c)
target_link_libraries(verbs_gen PRIVATE offhook_flags PkgConfig::JANSSON)
function(offhook_verbs what file)
	add_custom_command(OUTPUT ${GENERATED}/${file}
		COMMAND verbs_gen ${what} ${TWIML_JSON} ${CMAKE_SOURCE_DIR}/include
			${GENERATED}/${file}
		DEPENDS verbs_gen ${TWIML_JSON} ${CMAKE_SOURCE_DIR}/include/offhook.h
			${CMAKE_SOURCE_DIR}/include/offhook_twiml.h.in)
endfunction()
offhook_verbs(header offhook_twiml.h)
offhook_verbs(table verbs_table.c)
offhook_verbs(calls verbs_calls.c)
offhook_verbs(man oh_twiml.3)
add_custom_target(verbs_header DEPENDS ${GENERATED}/offhook_twiml.h)

# The built-in app's reply texts are embedded from data/templates.
file(GLOB OFFHOOK_TEMPLATES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/templates/*.xml)
add_executable(embed tools/embed.c)
target_link_libraries(embed PRIVATE offhook_flags)
add_custom_command(OUTPUT ${GENERATED}/builtin_templates.c
	COMMAND embed builtin_template builtin/builtin_templates.h
		${GENERATED}/builtin_templates.c ${OFFHOOK_TEMPLATES}
	DEPENDS embed ${OFFHOOK_TEMPLATES})

set(OFFHOOK_LAYERS)
file(STRINGS src/layers.txt rows REGEX "^[a-z]+:")
foreach(row ${rows})
	string(REGEX MATCHALL "[a-z]+" words "${row}")
	list(POP_FRONT words name)
	list(TRANSFORM words PREPEND oh_)
	offhook_layer(${name} ${words})
	list(APPEND OFFHOOK_LAYERS ${name})
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS src/layers.txt)
target_sources(oh_twilio PRIVATE ${GENERATED}/twiml_table.c)
target_sources(oh_builtin PRIVATE ${GENERATED}/builtin_templates.c)
target_sources(oh_api PRIVATE ${GENERATED}/verbs_table.c)
target_compile_definitions(oh_api PRIVATE OH_PLAIN_CALLS) # it defines them

# Above all folders: oh_main, which knows the whole program.
add_library(oh_main STATIC src/oh_main.c)
target_link_libraries(oh_main PRIVATE offhook_flags PUBLIC oh_cmd oh_host)
target_compile_options(oh_main PRIVATE -fvisibility=hidden)
add_dependencies(oh_main verbs_header)

add_executable(offhook src/main.c)
target_link_libraries(offhook PRIVATE offhook_flags oh_main)
add_dependencies(offhook verbs_header)
