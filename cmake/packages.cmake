# `cpack -G DEB`, or `make deb`: offhook, liboffhook0 and liboffhook-dev.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME offhook)
set(CPACK_PACKAGE_VENDOR Offhook)
set(CPACK_PACKAGE_CONTACT "Offhook developers <maintainers@offhook.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL offhook liboffhook0 liboffhook-dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_OFFHOOK_PACKAGE_NAME offhook)
set(CPACK_DEBIAN_OFFHOOK_PACKAGE_SECTION comm)
set(CPACK_COMPONENT_OFFHOOK_DESCRIPTION "Receives the webhooks that Twilio sends for
messages and calls, proves that they are Twilio's, stores each before it answers,
and answers with TwiML.")
set(CPACK_DEBIAN_OFFHOOK_PACKAGE_CONTROL_EXTRA
	${CMAKE_SOURCE_DIR}/contrib/debian/postinst ${CMAKE_SOURCE_DIR}/contrib/debian/prerm
	${CMAKE_SOURCE_DIR}/contrib/debian/postrm ${CMAKE_SOURCE_DIR}/contrib/debian/conffiles)
# `send` loads libcurl. `dev` and `create` are for who has liboffhook-dev.
set(CPACK_DEBIAN_OFFHOOK_PACKAGE_RECOMMENDS "libcurl4, ca-certificates")
set(CPACK_DEBIAN_OFFHOOK_PACKAGE_SUGGESTS "liboffhook-dev")

set(CPACK_DEBIAN_LIBOFFHOOK0_PACKAGE_NAME liboffhook0)
set(CPACK_DEBIAN_LIBOFFHOOK0_PACKAGE_SECTION libs)
# For time zones of cron; libraries are found by shlibdeps.
set(CPACK_DEBIAN_LIBOFFHOOK0_PACKAGE_DEPENDS "tzdata")
set(CPACK_DEBIAN_LIBOFFHOOK0_PACKAGE_RECOMMENDS "libcurl4, ca-certificates")
set(CPACK_COMPONENT_LIBOFFHOOK0_DESCRIPTION "The library of programs that answer
Twilio's webhooks in C.")

set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_NAME liboffhook-dev)
set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_DEPENDS
	"liboffhook0 (= ${PROJECT_VERSION}), libc6-dev, libjansson-dev, pkgconf | pkg-config")
# What `dev` and a new project's Makefile call.
set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_RECOMMENDS
	"offhook, gcc | c-compiler, make")
# For linking liboffhook.a.
set(CPACK_DEBIAN_LIBOFFHOOK-DEV_PACKAGE_SUGGESTS
	"libevent-dev, libsqlite3-dev, libssl-dev, libpcre2-dev, libxml2-dev, libglib2.0-dev")
set(CPACK_COMPONENT_LIBOFFHOOK-DEV_DESCRIPTION "What programs that answer Twilio's
webhooks in C are built with: offhook.h, libraries, manual pages, examples.")
include(CPack)
