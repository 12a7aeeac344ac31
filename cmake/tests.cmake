# tests/unit/<layer>/test_*.c: one program each, linked with that layer and those
# below. tests/e2e/test_*.c: conversations with the real program.
# tests/fuzz/<layer>/fuzz_*.c: replayed over its corpus everywhere, and fuzzed with
# libFuzzer under OFFHOOK_FUZZ. scripts/run-tests.sh finds and runs them.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
enable_testing()
add_custom_target(tests_all)

function(offhook_test dir name source)
	add_executable(${name} ${source} ${ARGN})
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/${dir})
	target_compile_definitions(${name} PRIVATE
		TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests/data"
		OFFHOOK_BIN="$<TARGET_FILE:offhook>")
	target_link_libraries(${name} PRIVATE offhook_flags PkgConfig::CMOCKA
		PkgConfig::JANSSON)
	add_dependencies(tests_all ${name})
endfunction()

foreach(layer util http twilio store app cli)
	file(GLOB sources CONFIGURE_DEPENDS tests/unit/${layer}/test_*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		offhook_test(unit ${name} ${source})
		target_link_libraries(${name} PRIVATE oh_${layer})
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
		target_link_libraries(${name} PRIVATE oh_${layer})
	endforeach()
endforeach()

if(NOT OFFHOOK_FUZZ)
	add_library(conversation STATIC tests/e2e/conversation.c)
	target_link_libraries(conversation PRIVATE offhook_flags
		PUBLIC oh_app PkgConfig::CMOCKA)
	target_compile_definitions(conversation PRIVATE OFFHOOK_BIN="$<TARGET_FILE:offhook>")
	# tests/crash: programs that kill -9 in a loop; the number of rounds is an argument.
	file(GLOB sources CONFIGURE_DEPENDS tests/crash/crash_*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		offhook_test(crash ${name} ${source})
		target_link_libraries(${name} PRIVATE conversation)
		add_dependencies(${name} offhook)
	endforeach()

	# Our side of the differential test with the official SDK.
	if(EXISTS ${CMAKE_SOURCE_DIR}/tests/node/verdict.c)
		offhook_test(. verdict tests/node/verdict.c)
		target_link_libraries(verdict PRIVATE oh_twilio)
	endif()

	file(GLOB sources CONFIGURE_DEPENDS tests/e2e/test_*.c)
	foreach(source ${sources})
		get_filename_component(name ${source} NAME_WE)
		offhook_test(e2e ${name} ${source})
		target_link_libraries(${name} PRIVATE conversation)
		add_dependencies(${name} offhook)
		add_test(NAME ${name} COMMAND ${name})
	endforeach()
endif()
