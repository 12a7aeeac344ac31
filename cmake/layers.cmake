# One static library per folder of src/, which the tests link; scripts/check-layers.sh
# keeps the order. Their objects make liboffhook, too (cmake/library.cmake), which
# exports what is marked OH_API and nothing else.
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED})

function(offhook_layer name)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
	add_library(oh_${name} STATIC ${sources})
	target_link_libraries(oh_${name} PRIVATE offhook_flags PUBLIC ${ARGN})
	target_compile_options(oh_${name} PRIVATE -fvisibility=hidden)
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
	COMMAND embed builtin_template app/builtin_templates.h
		${GENERATED}/builtin_templates.c ${OFFHOOK_TEMPLATES}
	DEPENDS embed ${OFFHOOK_TEMPLATES})

offhook_layer(util PkgConfig::CRYPTO Threads::Threads)
offhook_layer(http oh_util PkgConfig::LIBEVENT llhttp)
offhook_layer(twilio oh_util PkgConfig::CRYPTO PkgConfig::LIBXML2 PkgConfig::JANSSON)
target_sources(oh_twilio PRIVATE ${GENERATED}/twiml_table.c)
offhook_layer(store oh_util PkgConfig::SQLITE PkgConfig::JANSSON PkgConfig::PCRE2)
offhook_layer(jobs oh_store oh_util PkgConfig::GLIB)
offhook_layer(app oh_http oh_jobs oh_twilio oh_store oh_util PkgConfig::JANSSON
	${CMAKE_DL_LIBS})
target_sources(oh_app PRIVATE ${GENERATED}/builtin_templates.c ${GENERATED}/verbs_table.c)
add_dependencies(oh_app verbs_header)
offhook_layer(cli oh_app)
add_dependencies(oh_cli verbs_header)
target_include_directories(oh_app PUBLIC ${CURL_INCLUDE_DIRS})

add_executable(offhook src/main.c)
target_link_libraries(offhook PRIVATE offhook_flags oh_cli)
add_dependencies(offhook verbs_header)
