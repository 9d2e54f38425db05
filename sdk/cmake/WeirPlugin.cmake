# weir_add_plugin(NAME name SOURCES a.cc b.c)
# Builds name.so the way the core wants it: nothing exported but the entry, nothing unresolved, never unmapped, no floor
# on the C++ runtime of the machine it is loaded on. Used by weir's own plugins and, through find_package(WeirSdk), by
# everybody else's.
function(weir_add_plugin)
  cmake_parse_arguments(P "" "NAME" "SOURCES" ${ARGN})
  set(target weir_plugin_${P_NAME})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.exports)
  add_library(${target} MODULE ${P_SOURCES})
  target_link_libraries(${target} PRIVATE Weir::sdk)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${P_NAME}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${exports})
  if(WEIR_PLUGIN_OUTPUT_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${WEIR_PLUGIN_OUTPUT_DIR})
  endif()
  target_link_options(${target} PRIVATE
    -Wl,--version-script=${exports} -Wl,-z,nodelete -Wl,-Bsymbolic-functions -Wl,-z,relro -Wl,-z,now)
  if(NOT WEIR_SANITIZE) # sanitizer runtimes live in the program
    target_link_options(${target} PRIVATE -Wl,-z,defs)
    target_link_options(${target} PRIVATE $<$<LINK_LANGUAGE:CXX>:-static-libgcc -static-libstdc++ -Wl,--exclude-libs,ALL>)
  endif()
endfunction()
