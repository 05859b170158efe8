# Installs the library as a CMake package: `find_package(reprise)` gives reprise::reprise.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(REPRISE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/reprise)

install(TARGETS reprise EXPORT reprise ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(DIRECTORY include/reprise DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(EXPORT reprise NAMESPACE reprise:: FILE reprise-targets.cmake
        DESTINATION ${REPRISE_PACKAGE_DIR} COMPONENT sdk)

configure_package_config_file(cmake/reprise-config.cmake.in reprise-config.cmake
                              INSTALL_DESTINATION ${REPRISE_PACKAGE_DIR})
write_basic_package_version_file(reprise-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/reprise-config.cmake
              ${CMAKE_BINARY_DIR}/reprise-config-version.cmake
        DESTINATION ${REPRISE_PACKAGE_DIR} COMPONENT sdk)
