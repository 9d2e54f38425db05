# The parsers are compiled in, so that the fuzzer sees their branches.
set(memcache_objects $<TARGET_OBJECTS:weir_plugin_memcache>)
weir_fuzzer(NAME memcache_request_fuzz SOURCES memcache_request_fuzz.cc ${memcache_objects} LIBS Weir::sdk)
weir_fuzzer(NAME memcache_reply_fuzz SOURCES memcache_reply_fuzz.cc ${memcache_objects} LIBS Weir::sdk)
# These two look at what the plugin makes of requests and replies, too; the reference host checks its contract.
weir_fuzzer(NAME memcache_meta_fuzz SOURCES memcache_meta_fuzz.cc ${memcache_objects} LIBS weir_protocol_driver)
weir_fuzzer(NAME memcache_packet_fuzz SOURCES memcache_packet_fuzz.cc ${memcache_objects} LIBS weir_protocol_driver)
