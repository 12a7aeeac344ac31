# tests/unit/<folder>/test_*.c: one program each, linked with that folder of src/ and those
# it may include. tests/e2e/test_*.c: conversations with the real program.
# tests/abuse/test_*.c: attacks on it, beside genuine webhooks.
# tests/fuzz/<folder>/fuzz_*.c: replayed over its corpus everywhere, and fuzzed with
# libFuzzer under OFFHOOK_FUZZ. scripts/run-tests.sh finds and runs them.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
enable_testing()
add_custom_target(tests_all)

# tests/test.h: cmocka, and what each program would otherwise repeat around it.
add_library(test_support STATIC tests/test.c tests/test_main.c)
target_include_directories(test_support PUBLIC tests)
target_link_libraries(test_support PRIVATE offhook_flags PUBLIC PkgConfig::CMOCKA)

# tests/tls: certificates, and a client whose records a test may cut.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
add_library(test_tls_support STATIC tests/tls/issue.c tests/tls/peer.c)
target_include_directories(test_tls_support PUBLIC tests)
target_link_libraries(test_tls_support PRIVATE offhook_flags test_support oh_util
	PUBLIC PkgConfig::SSL)

function(offhook_test dir name source)
	string(REGEX REPLACE "^(e2e|abuse)_" "" output ${name})
	add_executable(${name} ${source} ${ARGN})
	set_target_properties(${name} PROPERTIES OUTPUT_NAME ${output}
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/${dir})
	target_compile_definitions(${name} PRIVATE
		TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests/data"
		OFFHOOK_BIN="$<TARGET_FILE:offhook>")
	target_include_directories(${name} PRIVATE tests)
	target_link_libraries(${name} PRIVATE offhook_flags PkgConfig::JANSSON
		PkgConfig::SQLITE)
	if(NOT dir STREQUAL fuzz AND NOT dir STREQUAL .)
		target_link_libraries(${name} PRIVATE test_support)
	endif()
	add_dependencies(tests_all ${name})
endfunction()

set(FIXTURES_acme oh_http)
set(FIXTURES_alert oh_host)
set(FIXTURES_api oh_host)
set(FIXTURES_cli oh_cmd)
set(FIXTURES_http test_tls_support)
set(FUZZED_control oh_engines)
foreach(layer ${OFFHOOK_LAYERS})
	# A build for fuzzing has the fuzz targets only.
	set(sources)
	if(NOT OFFHOOK_FUZZ)
		file(GLOB sources CONFIGURE_DEPENDS tests/unit/${layer}/test_*.c)
	endif()
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		offhook_test(unit ${name} ${source})
		# Fixtures may want more than the folder itself: a real store, a handler's
		# run (unit/host/play.h), the table of commands.
		target_link_libraries(${name} PRIVATE oh_${layer} oh_engines ${FIXTURES_${layer}})
		add_test(NAME ${name} COMMAND ${name})
	endforeach()
	file(GLOB sources CONFIGURE_DEPENDS tests/fuzz/${layer}/fuzz_*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		if(OFFHOOK_FUZZ)
			offhook_test(fuzz ${name} ${source})
			target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		else()
			offhook_test(fuzz ${name} ${source} tests/fuzz/replay.c)
		endif()
		target_link_libraries(${name} PRIVATE oh_${layer} ${FUZZED_${layer}})
	endforeach()
endforeach()

if(NOT OFFHOOK_FUZZ)
	target_sources(test_oh_twiml PRIVATE ${GENERATED}/verbs_calls.c)
	target_include_directories(test_oh_twiml
		PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/api)

	# A handler process that does what the pool's tests tell it.
	add_executable(fake_host tests/unit/pool/fake_host.c)
	target_link_libraries(fake_host PRIVATE offhook_flags oh_pool)
	foreach(name test_pool test_pool_jobs)
		target_compile_definitions(${name} PRIVATE FAKE_HOST="$<TARGET_FILE:fake_host>")
		add_dependencies(${name} fake_host)
	endforeach()

	add_library(conversation STATIC tests/e2e/conversation.c tests/e2e/talk_jobs.c)
	target_link_libraries(conversation PRIVATE offhook_flags
		PUBLIC oh_main test_support)
	target_compile_definitions(conversation PRIVATE OFFHOOK_BIN="$<TARGET_FILE:offhook>")

	# tests/e2e/apps: users' programs, built as examples are, for tests alone.
	target_compile_definitions(conversation
		PUBLIC APPS_DIR="${CMAKE_BINARY_DIR}/tests/e2e/apps")
	file(GLOB sources CONFIGURE_DEPENDS tests/e2e/apps/*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		add_executable(app_${name} ${source})
		set_target_properties(app_${name} PROPERTIES OUTPUT_NAME ${name}
			C_EXTENSIONS ON
			RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/e2e/apps)
		target_compile_options(app_${name} PRIVATE -Wall -Wextra -Wshadow
			$<$<BOOL:${OFFHOOK_WERROR}>:-Werror>)
		target_link_libraries(app_${name} PRIVATE liboffhook)
		add_dependencies(conversation app_${name})
	endforeach()

	# tests/crash: programs that kill -9, or crash handlers, for long; how long is an
	# argument.
	file(GLOB sources CONFIGURE_DEPENDS tests/crash/crash_*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		offhook_test(crash ${name} ${source})
		target_link_libraries(${name} PRIVATE conversation)
		add_dependencies(${name} offhook)
	endforeach()
	target_sources(crash_rogues PRIVATE tests/crash/open_loop.c)
	file(GLOB sources CONFIGURE_DEPENDS tests/crash/power_*.c)
	target_sources(crash_power PRIVATE ${sources})

	# Our side of the differential test with the official SDK.
	if(EXISTS ${CMAKE_SOURCE_DIR}/tests/node/verdict.c)
		offhook_test(. verdict tests/node/verdict.c)
		target_link_libraries(verdict PRIVATE oh_twilio)
	endif()

	add_library(abuse STATIC tests/abuse/abuse.c)
	target_link_libraries(abuse PRIVATE offhook_flags
		PUBLIC conversation test_tls_support)
	target_include_directories(abuse PRIVATE tests)

	set(FIXTURES_e2e conversation)
	set(FIXTURES_abuse abuse)
	foreach(kind e2e abuse)
		file(GLOB sources CONFIGURE_DEPENDS tests/${kind}/test_*.c)
		foreach(source ${sources})
			get_filename_component(name ${source} NAME_WE)
			set(name ${kind}_${name})
			offhook_test(${kind} ${name} ${source})
			target_link_libraries(${name} PRIVATE ${FIXTURES_${kind}})
			add_dependencies(${name} offhook)
			add_test(NAME ${name} COMMAND ${name})
		endforeach()
	endforeach()

	# A stand-in for Twilio's REST API.
	foreach(name e2e_test_doctor e2e_test_setup)
		target_sources(${name} PRIVATE tests/e2e/twilio_api.c)
	endforeach()

	# A CA to test with, and what answers its challenges.
	foreach(name e2e_test_acme e2e_test_acme_serve e2e_test_doctor)
		target_sources(${name} PRIVATE tests/e2e/ca.c)
		target_link_libraries(${name} PRIVATE PkgConfig::SSL)
	endforeach()
	target_link_libraries(e2e_test_https PRIVATE test_tls_support)
endif()
