# The unit names what is installed beside it, and a configuration that somebody has changed stays.
file(REMOVE_RECURSE ${SCRATCH})
function(install_there)
  execute_process(COMMAND ${CMAKE_COMMAND} -D source=${SOURCE} -D scratch=${SCRATCH}
                          -D CMAKE_INSTALL_PREFIX=${SCRATCH}/prefix -P ${SOURCE}/cmake/install_service.cmake
                  RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}")
  endif()
endfunction()

install_there()
file(READ ${SCRATCH}/prefix/lib/systemd/system/weir.service unit)
if(NOT unit MATCHES "ExecStart=${SCRATCH}/prefix/bin/weir -c ${SCRATCH}/prefix/etc/weir/weir.yml\n")
  message(FATAL_ERROR "the unit is for another place:\n${unit}")
endif()
file(WRITE ${SCRATCH}/prefix/etc/weir/weir.yml "mine")
file(REMOVE ${SCRATCH}/prefix/etc/weir/nutcracker.yml)
install_there()
file(READ ${SCRATCH}/prefix/etc/weir/weir.yml kept)
if(NOT kept STREQUAL "mine" OR NOT EXISTS ${SCRATCH}/prefix/etc/weir/nutcracker.yml)
  message(FATAL_ERROR "the second installation wrote over the configuration, or left the other one out")
endif()
