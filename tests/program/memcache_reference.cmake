# The tables in docs/memcache.md are the plugin's.
execute_process(COMMAND ${REFERENCE} ${DOC} OUTPUT_VARIABLE printed RESULT_VARIABLE failed)
file(READ ${DOC} written)
if(failed OR NOT printed STREQUAL written)
  message(FATAL_ERROR "docs/memcache.md is not current. Mend it: cmake --build build/dev -t write_memcache_reference")
endif()
