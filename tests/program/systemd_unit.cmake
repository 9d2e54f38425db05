# systemd has nothing to say about conf/weir.service, with the program of this build in it.
file(READ ${UNIT} unit)
string(REPLACE /usr/local/bin/weir ${WEIR} unit "${unit}")
file(WRITE ${SCRATCH}/weir.service "${unit}")
execute_process(COMMAND ${SYSTEMD_ANALYZE} verify ${SCRATCH}/weir.service OUTPUT_VARIABLE said ERROR_VARIABLE said
                RESULT_VARIABLE failed)
if(failed OR NOT said STREQUAL "")
  message(FATAL_ERROR "systemd-analyze verify: ${failed}\n${said}")
endif()
