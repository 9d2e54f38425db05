# The table of commands in docs/redis.md is the plugin's.
execute_process(COMMAND ${REFERENCE} ${DOC} OUTPUT_VARIABLE printed RESULT_VARIABLE failed)
file(READ ${DOC} written)
if(failed OR NOT printed STREQUAL written)
  message(FATAL_ERROR "docs/redis.md is not current. Mend it: cmake --build build/dev -t write_redis_reference")
endif()
