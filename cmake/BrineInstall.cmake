# SPDX-License-Identifier: Apache-2.0
# Headers, libraries, find_package(brine), brine.pc, the command, its manual pages and completion.
include(CMakePackageConfigHelpers)

install(TARGETS brine_shared brine_static EXPORT brineTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/brine DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(brine_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/brine)
install(EXPORT brineTargets NAMESPACE brine:: DESTINATION ${brine_package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/brineConfig.cmake.in
    ${PROJECT_BINARY_DIR}/brineConfig.cmake INSTALL_DESTINATION ${brine_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/brineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/brineConfig.cmake ${PROJECT_BINARY_DIR}/brineConfigVersion.cmake
    DESTINATION ${brine_package_dir})

# The prefix is given again at install time, so the file finds it from where it stands itself.
file(RELATIVE_PATH brine_prefix_from_pc
    /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/brine.pc.in ${PROJECT_BINARY_DIR}/brine.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/brine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(GLOB brine_manuals CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.[1-8])
foreach(manual IN LISTS brine_manuals)
    cmake_path(GET manual EXTENSION LAST_ONLY section)
    string(SUBSTRING ${section} 1 1 section)
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

if(TARGET brine_command)
    set_target_properties(brine_command PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS brine_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES ${PROJECT_SOURCE_DIR}/cli/completion/brine
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
endif()
