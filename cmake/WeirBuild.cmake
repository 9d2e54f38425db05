# How everything is compiled and where it lands.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

# The build tree is laid out like the installed one, so that weir finds its plugins the same way in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(WEIR_PLUGIN_OUTPUT_DIR ${PROJECT_BINARY_DIR}/lib/weir/plugins)
set(WEIR_PLUGIN_INSTALL_DIR lib/weir/plugins)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
target_include_directories(weir_flags INTERFACE ${PROJECT_SOURCE_DIR})
option(WEIR_WERROR "warnings are errors; on in the presets" OFF)
if(WEIR_WERROR)
  target_compile_options(weir_flags INTERFACE -Werror)
endif()

set(WEIR_SANITIZE "" CACHE STRING "sanitizers, as given to -fsanitize=")
if(WEIR_SANITIZE)
  add_compile_definitions(WEIR_SANITIZED) # compilers have no one word for it
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # instrumented code makes it see what is not there
    target_compile_options(weir_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds)
    if(WEIR_SANITIZE STREQUAL "thread")
      target_compile_options(weir_flags INTERFACE -Wno-tsan) # Boost.Asio fences where this sanitizer does not look
    endif()
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
endif()
add_link_options(-Wl,-z,relro -Wl,-z,now)
