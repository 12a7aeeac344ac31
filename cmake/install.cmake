# What is installed, as three components, which are also the Debian packages: offhook
# (the program), liboffhook0 (the library) and liboffhook-dev (to build with it).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(OFFHOOK_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/offhook)

install(TARGETS offhook RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT offhook)
install(FILES man/offhook.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT offhook)
install(FILES man/offhook.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5
	COMPONENT offhook)
install(FILES LICENSE README.md CHANGELOG.md SECURITY.md docs/service.md docs/setup.md
	DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT offhook)

# The service. Units name the program without its folder, as systemd looks into
# /usr/local/bin, too. Settings go to /etc where a package is made; elsewhere they are an
# example, so that no installation writes over the owner's.
set(OFFHOOK_SERVICE ${CMAKE_SOURCE_DIR}/contrib/systemd)
install(FILES ${OFFHOOK_SERVICE}/offhook.service ${OFFHOOK_SERVICE}/offhook.socket
	DESTINATION lib/systemd/system COMPONENT offhook)
install(FILES ${OFFHOOK_SERVICE}/offhook.sysusers DESTINATION lib/sysusers.d
	RENAME offhook.conf COMPONENT offhook)
install(PROGRAMS ${OFFHOOK_SERVICE}/offhook-service
	DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT offhook)
install(CODE "
	set(place \"\${CMAKE_INSTALL_PREFIX}/share/offhook\")
	if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
		set(place /etc/offhook)
	endif()
	file(INSTALL DESTINATION \"\${place}\" TYPE FILE
		FILES \"${OFFHOOK_SERVICE}/offhook.conf\")
" COMPONENT offhook)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/contrib/proxies DESTINATION ${CMAKE_INSTALL_DOCDIR}
	COMPONENT offhook)

# What completes command lines, each where its shell looks. (Debian's zsh has a folder of its
# own for packages.)
foreach(shell bash zsh fish)
	add_custom_command(OUTPUT ${GENERATED}/completion.${shell}
		COMMAND offhook help --completion ${shell} >${GENERATED}/completion.${shell}
		DEPENDS offhook)
	list(APPEND OFFHOOK_COMPLETIONS ${GENERATED}/completion.${shell})
endforeach()
add_custom_target(completions ALL DEPENDS ${OFFHOOK_COMPLETIONS})
install(FILES ${GENERATED}/completion.bash RENAME offhook
	DESTINATION share/bash-completion/completions COMPONENT offhook)
install(FILES ${GENERATED}/completion.fish RENAME offhook.fish
	DESTINATION share/fish/vendor_completions.d COMPONENT offhook)
install(CODE "
	set(place \"\${CMAKE_INSTALL_PREFIX}/share/zsh/site-functions\")
	if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
		set(place /usr/share/zsh/vendor-completions)
	endif()
	file(INSTALL DESTINATION \"\${place}\" TYPE FILE RENAME _offhook
		FILES \"${GENERATED}/completion.zsh\")
" COMPONENT offhook)

# Where Debian wants it: in each package.
foreach(component offhook liboffhook0 liboffhook-dev)
	install(FILES ${CMAKE_SOURCE_DIR}/cmake/copyright
		DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${component}
		COMPONENT ${component})
endforeach()

install(TARGETS liboffhook EXPORT offhookTargets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT liboffhook0
		NAMELINK_COMPONENT liboffhook-dev)
install(TARGETS liboffhook_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	COMPONENT liboffhook-dev)
install(FILES include/offhook.h include/offhook_types.h ${GENERATED}/offhook_twiml.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT liboffhook-dev)
install(FILES ${OFFHOOK_MAN3} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3
	COMPONENT liboffhook-dev)
install(FILES ${OFFHOOK_EXAMPLES} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
	COMPONENT liboffhook-dev)

# pkg-config and CMake find everything relative to their own file, so that the prefix
# may be chosen at installation, and the tree moved after it.
# What liboffhook.a needs is named as libraries, not as Requires.private, for which
# pkg-config wants the -dev packages of all of them also where nothing is linked statically.
set(OFFHOOK_PC_PRIVATE "-levent_core -lsqlite3 -lssl -lcrypto -lpcre2-8 -lxml2 -lglib-2.0 -pthread -ldl")
if(LLHTTP_FOUND)
	string(APPEND OFFHOOK_PC_PRIVATE " -lllhttp")
endif()
file(RELATIVE_PATH OFFHOOK_PC_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
foreach(name offhook offhook-static)
	configure_file(cmake/${name}.pc.in ${GENERATED}/${name}.pc @ONLY)
	install(FILES ${GENERATED}/${name}.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT liboffhook-dev)
endforeach()
configure_package_config_file(cmake/offhookConfig.cmake.in
	${GENERATED}/offhookConfig.cmake INSTALL_DESTINATION ${OFFHOOK_CMAKE_DIR})
write_basic_package_version_file(${GENERATED}/offhookConfigVersion.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES ${GENERATED}/offhookConfig.cmake ${GENERATED}/offhookConfigVersion.cmake
	DESTINATION ${OFFHOOK_CMAKE_DIR} COMPONENT liboffhook-dev)
install(EXPORT offhookTargets NAMESPACE offhook:: DESTINATION ${OFFHOOK_CMAKE_DIR}
	COMPONENT liboffhook-dev)
