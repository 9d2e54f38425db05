# docs/config.md is what the program prints.
execute_process(COMMAND ${WEIR} --print-config-reference OUTPUT_VARIABLE printed RESULT_VARIABLE failed)
file(READ ${DOC} written)
if(failed OR NOT printed STREQUAL written)
  message(FATAL_ERROR "docs/config.md is not current. Mend it: weir --print-config-reference > docs/config.md")
endif()
