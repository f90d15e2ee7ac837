include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(dest ${CMAKE_INSTALL_LIBDIR}/cmake/anywire)

set(optional_targets)
foreach(each adapters redis unix_bus)
  if(TARGET anywire_${each})
    list(APPEND optional_targets anywire_${each})
  endif()
endforeach()
install(TARGETS anywire_core anywire_socketio anywire_stomp anywire_transports anywire_client
        anywire_socketio_client anywire_stomp_relay anywire_server anywire_cluster anywire_testing ${optional_targets}
        EXPORT anywireTargets FILE_SET HEADERS)
install(EXPORT anywireTargets NAMESPACE anywire:: DESTINATION ${dest})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/anywireConfig.cmake.in anywireConfig.cmake
                              INSTALL_DESTINATION ${dest})
write_basic_package_version_file(anywireConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/anywireConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/anywireConfigVersion.cmake DESTINATION ${dest})
