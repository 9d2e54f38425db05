# The plugin is compiled in, so that the fuzzer sees its branches; the reference host checks its contract.
set(redis_objects $<TARGET_OBJECTS:weir_plugin_redis>)
weir_fuzzer(NAME redis_request_fuzz SOURCES redis_request_fuzz.cc ${redis_objects} LIBS weir_protocol_driver)
weir_fuzzer(NAME redis_reply_fuzz SOURCES redis_reply_fuzz.cc ${redis_objects} LIBS weir_protocol_driver)
