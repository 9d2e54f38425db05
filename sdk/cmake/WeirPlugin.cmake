cmake_policy(PUSH)
cmake_policy(SET CMP0069 NEW)
include(CheckIPOSupported)

# Whether compiler and linker optimise over files. Found out once a build.
function(weir_plugin_can_be_one_piece out)
  get_property(known GLOBAL PROPERTY WEIR_PLUGIN_ONE_PIECE)
  if("${known}" STREQUAL "")
    check_ipo_supported(RESULT known OUTPUT why)
    set_property(GLOBAL PROPERTY WEIR_PLUGIN_ONE_PIECE "${known}")
  endif()
  set(${out} "${known}" PARENT_SCOPE)
endfunction()

# weir_add_plugin(NAME name SOURCES a.cc b.c [SHARED_RUNTIME])
# Builds name.so the way the core wants it: nothing exported but the entry, nothing unresolved, never unmapped, no floor
# on the C++ runtime of the machine it is loaded on, and fast: optimised though no build type is set, its files as one
# where the tools can do that (CMAKE_INTERPROCEDURAL_OPTIMIZATION decides otherwise), libraries called without a detour
# through the PLT, which -z now makes useless. With SHARED_RUNTIME the C++ runtime is the machine's: for plugins that use
# another shared library of C++, through which exceptions pass. Used by weir's own plugins and, through
# find_package(WeirSdk), by everybody else's.
function(weir_add_plugin)
  cmake_parse_arguments(P "SHARED_RUNTIME" "NAME" "SOURCES" ${ARGN})
  set(target weir_plugin_${P_NAME})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.exports)
  add_library(${target} MODULE ${P_SOURCES})
  target_link_libraries(${target} PRIVATE Weir::sdk)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${P_NAME}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${exports})
  target_compile_options(${target} PRIVATE -fno-plt $<$<CONFIG:>:-O2>)
  if(NOT DEFINED CMAKE_INTERPROCEDURAL_OPTIMIZATION AND NOT WEIR_SANITIZE)
    weir_plugin_can_be_one_piece(one_piece)
    set_target_properties(${target} PROPERTIES
      INTERPROCEDURAL_OPTIMIZATION_RELEASE ${one_piece} INTERPROCEDURAL_OPTIMIZATION_RELWITHDEBINFO ${one_piece})
  endif()
  if(WEIR_PLUGIN_OUTPUT_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${WEIR_PLUGIN_OUTPUT_DIR})
  endif()
  target_link_options(${target} PRIVATE
    -Wl,--version-script=${exports} -Wl,-z,nodelete -Wl,-Bsymbolic-functions -Wl,-z,relro -Wl,-z,now)
  if(NOT WEIR_SANITIZE) # sanitizer runtimes live in the program
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(NOT WEIR_SANITIZE AND NOT P_SHARED_RUNTIME)
    target_link_options(${target} PRIVATE $<$<LINK_LANGUAGE:CXX>:-static-libgcc -static-libstdc++ -Wl,--exclude-libs,ALL>)
  endif()
endfunction()
cmake_policy(POP)
