# SPDX-License-Identifier: Apache-2.0
# Headers, libraries, the command, man pages, completion; find_package(brine) and pkg-config.
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/brine ${PROJECT_SOURCE_DIR}/include/ptools
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS brine_shared EXPORT brine_targets)
# The static library needs what the shared one brings along.
set_target_properties(brine_static PROPERTIES EXPORT_NAME brine_static)
install(TARGETS brine_static brine_ptools EXPORT brine_targets)
install(EXPORT brine_targets NAMESPACE brine:: FILE brineTargets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brine)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/brineConfig.cmake.in ${PROJECT_BINARY_DIR}/brineConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brine)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/brineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/brineConfig.cmake ${PROJECT_BINARY_DIR}/brineConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/brine)

configure_file(${PROJECT_SOURCE_DIR}/cmake/brine.pc.in ${PROJECT_BINARY_DIR}/brine.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/brine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET brine_command)
    # The installed command finds its library wherever the prefix is, without ldconfig.
    set_target_properties(brine_command PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS brine_command)
    install(FILES ${PROJECT_SOURCE_DIR}/cli/completion/brine.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME brine)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/man/brine.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/man/brine-overview.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
