# SPDX-License-Identifier: Apache-2.0
# The extension of the Python package, when pip builds it, with the library compiled in. One binary for Python 3.11 and
# later (its limited API); a Python without the global lock has no limited API and gets one of its own.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
file(GLOB brine_python_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/python/src/*.c)

add_library(brine_python MODULE ${brine_python_sources})
target_include_directories(brine_python SYSTEM PRIVATE ${Python_INCLUDE_DIRS})
target_link_libraries(brine_python PRIVATE brine::brine_static brine_flags Threads::Threads)
set_target_properties(brine_python PROPERTIES PREFIX "" OUTPUT_NAME _brine)
execute_process(COMMAND ${Python_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"
    OUTPUT_VARIABLE brine_python_free_threaded OUTPUT_STRIP_TRAILING_WHITESPACE)
if(brine_python_free_threaded)
    set_target_properties(brine_python PROPERTIES SUFFIX ".${Python_SOABI}.so")
else()
    target_compile_definitions(brine_python PRIVATE Py_LIMITED_API=0x030B0000)
    set_target_properties(brine_python PROPERTIES SUFFIX ".abi3.so")
endif()
install(TARGETS brine_python LIBRARY DESTINATION brine COMPONENT python)
