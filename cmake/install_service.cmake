# Installs the systemd unit and the example configurations below CMAKE_INSTALL_PREFIX. source: weir's sources; scratch: a
# folder to write in.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr") # whose configuration is no part of it
  set(etc /etc/weir)
else()
  set(etc ${CMAKE_INSTALL_PREFIX}/etc/weir)
endif()

# The unit as it is, but for where this installation has the program and its configuration.
file(READ ${source}/conf/weir.service unit)
string(REPLACE /usr/local/bin ${CMAKE_INSTALL_PREFIX}/bin unit "${unit}")
string(REPLACE /etc/weir ${etc} unit "${unit}")
file(WRITE ${scratch}/weir.service "${unit}")
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system TYPE FILE FILES ${scratch}/weir.service)

# What stands there already is somebody's own by now.
foreach(name nutcracker.yml weir.yml)
  if(NOT EXISTS $ENV{DESTDIR}${etc}/${name})
    file(INSTALL DESTINATION ${etc} TYPE FILE FILES ${source}/conf/${name})
  endif()
endforeach()
