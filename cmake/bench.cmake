# The benchmarks' own programs; bench/run.sh builds and runs them.
function(offhook_bench name)
	list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/bench/)
	add_executable(${name} ${ARGN})
	target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/bench)
	target_link_libraries(${name} PRIVATE offhook_flags oh_util PkgConfig::CRYPTO)
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()

offhook_bench(load load.c drive.c exchange.c message.c samples.c)
offhook_bench(pace pace.c exchange.c message.c samples.c)
offhook_bench(bare bare.c bare_form.c bare_store.c)
target_link_libraries(bare PRIVATE PkgConfig::LIBEVENT PkgConfig::SQLITE llhttp)
offhook_bench(fill fill.c message.c)
target_link_libraries(fill PRIVATE oh_engines)
offhook_bench(signature_bench signature_bench.c)
target_link_libraries(signature_bench PRIVATE oh_twilio)
offhook_bench(dedupe dedupe.c)
target_link_libraries(dedupe PRIVATE oh_engines)

# A user's program, for the jobs.
add_executable(jobs_app ${CMAKE_SOURCE_DIR}/bench/jobs/app.c)
set_target_properties(jobs_app PROPERTIES C_EXTENSIONS ON
	RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
target_compile_options(jobs_app PRIVATE -Wall -Wextra -Wshadow)
target_link_libraries(jobs_app PRIVATE liboffhook)

# A user's app, built as examples are.
add_executable(bench_app bench/app/app.c)
set_target_properties(bench_app PROPERTIES OUTPUT_NAME app C_EXTENSIONS ON
	RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
target_compile_options(bench_app PRIVATE -Wall -Wextra)
target_link_libraries(bench_app PRIVATE liboffhook)
