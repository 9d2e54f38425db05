# cmake -D BUILD=<weir's build folder> -D SCRATCH=<folder> -D CC=cc -D CXX=c++ -P package.cmake
# Installs the SDK to SCRATCH/prefix and builds the installed templates to SCRATCH/plugins, knowing only the prefix.
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    string(REPLACE ";" " " shown "${ARGN}")
    message(FATAL_ERROR "failed: ${shown}\n${said}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH}/plugins)
set(installed ${SCRATCH}/installed)
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${installed})
# Moved away from where it was installed to: nothing in it may know its place.
set(prefix ${SCRATCH}/prefix)
file(RENAME ${installed} ${prefix})

file(GLOB_RECURSE headers RELATIVE ${prefix}/include ${prefix}/include/*)
foreach(header ${headers})
  if(NOT header MATCHES "^weir/[a-z]+\\.h$")
    message(FATAL_ERROR "installed a header that is no part of the SDK: ${header}")
  endif()
endforeach()
if(NOT "weir/weir.h" IN_LIST headers)
  message(FATAL_ERROR "weir/weir.h was not installed")
endif()
file(GLOB_RECURSE packaged ${prefix}/share/cmake/*.cmake ${prefix}/share/pkgconfig/*.pc)
foreach(file ${packaged})
  file(STRINGS ${file} places REGEX "${SCRATCH}|${BUILD}")
  if(places)
    message(FATAL_ERROR "${file} knows the machine it was made on: ${places}")
  endif()
endforeach()

foreach(template hash distribution protocol filter)
  set(build ${SCRATCH}/build-${template})
  run(${CMAKE_COMMAND} -S ${prefix}/share/weir/template/${template}-plugin -B ${build}
    -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_C_COMPILER=${CC} -D CMAKE_CXX_COMPILER=${CXX}
    -D "CMAKE_C_FLAGS=-std=c11 -Wall -Wextra -Wpedantic -Werror" -D "CMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
  run(${CMAKE_COMMAND} --build ${build})
  file(GLOB made ${build}/*.so)
  file(COPY ${made} DESTINATION ${SCRATCH}/plugins)
endforeach()

# The same hash without CMake.
find_program(pkg_config NAMES pkg-config pkgconf)
if(pkg_config)
  set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
  execute_process(COMMAND ${pkg_config} --cflags --libs weir-sdk RESULT_VARIABLE failed
    OUTPUT_VARIABLE flags ERROR_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "pkg-config does not find weir-sdk: ${said}")
  endif()
  separate_arguments(flags UNIX_COMMAND "${flags}")
  file(MAKE_DIRECTORY ${SCRATCH}/plugins/by-hand)
  run(${CC} -std=c11 -shared -fPIC -fvisibility=hidden ${prefix}/share/weir/template/hash-plugin/hash.c ${flags}
    -o ${SCRATCH}/plugins/by-hand/hash_sum.so)
endif()
