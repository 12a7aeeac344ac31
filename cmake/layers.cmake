# One static library per folder of src/; scripts/check-layers.sh keeps the order.
function(offhook_layer name)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
	add_library(oh_${name} STATIC ${sources})
	target_link_libraries(oh_${name} PRIVATE offhook_flags PUBLIC ${ARGN})
endfunction()

# The TwiML element table is generated from data/twiml.json.
add_executable(twiml_gen tools/twiml_gen.c)
target_link_libraries(twiml_gen PRIVATE offhook_flags PkgConfig::JANSSON)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/generated/twiml_table.c
	COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
	COMMAND twiml_gen ${CMAKE_SOURCE_DIR}/data/twiml.json
		${CMAKE_BINARY_DIR}/generated/twiml_table.c
	DEPENDS twiml_gen ${CMAKE_SOURCE_DIR}/data/twiml.json)

# The built-in app's reply texts are embedded from data/templates.
file(GLOB OFFHOOK_TEMPLATES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/templates/*.xml)
add_executable(embed tools/embed.c)
target_link_libraries(embed PRIVATE offhook_flags)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/generated/builtin_templates.c
	COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
	COMMAND embed ${CMAKE_BINARY_DIR}/generated/builtin_templates.c
		${OFFHOOK_TEMPLATES}
	DEPENDS embed ${OFFHOOK_TEMPLATES})

offhook_layer(util PkgConfig::CRYPTO Threads::Threads)
offhook_layer(http oh_util PkgConfig::LIBEVENT llhttp)
offhook_layer(twilio oh_util PkgConfig::CRYPTO PkgConfig::LIBXML2 PkgConfig::JANSSON)
target_sources(oh_twilio PRIVATE ${CMAKE_BINARY_DIR}/generated/twiml_table.c)
offhook_layer(store oh_util PkgConfig::SQLITE PkgConfig::JANSSON PkgConfig::PCRE2)
offhook_layer(app oh_http oh_twilio oh_store oh_util PkgConfig::JANSSON)
target_sources(oh_app PRIVATE ${CMAKE_BINARY_DIR}/generated/builtin_templates.c)
offhook_layer(cli oh_app ${CMAKE_DL_LIBS})
target_include_directories(oh_cli PRIVATE ${CURL_INCLUDE_DIRS})

add_executable(offhook src/main.c)
target_link_libraries(offhook PRIVATE offhook_flags oh_cli)
