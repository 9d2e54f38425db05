# What the pages show of the program's output is what it prints: hashing.md, operations.md, plugin-guide.md, conf/.
# WEIR: the program; SOURCE: its sources; PLUGIN: the hash template, built; SCRATCH: a folder to work in.
file(MAKE_DIRECTORY ${SCRATCH})

# Runs weir there, and insists that the page holds every line of what it said, in one piece.
function(shown page)
  execute_process(COMMAND ${WEIR} ${ARGN} WORKING_DIRECTORY ${SCRATCH} OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REGEX REPLACE "weir: configuration file [^\n]*\n$" "" out "${out}") # the verdict of -t, which reload has not
  string(REGEX REPLACE "  file +[^\n]*\n" "  file        /home/you/colour/build/hash_sum.so\n" out "${out}")
  file(READ ${SOURCE}/docs/${page} text)
  string(FIND "${text}" "${out}" at)
  if(out STREQUAL "" OR at EQUAL -1)
    string(REPLACE ";" " " command "weir ${ARGN}")
    message(SEND_ERROR "docs/${page} shows something else for '${command}'. It prints:\n${out}")
  endif()
endfunction()

function(pool file distribution servers)
  file(WRITE ${SCRATCH}/${file} "pools: {alpha: {listen: '127.0.0.1:22121', protocol: redis, hash: xxh64, hash_tag: '{}',
    distribution: ${distribution}, servers: [${servers}]}}")
endfunction()
set(three "'10.0.0.1:6379:1', '10.0.0.2:6379:1', '10.0.0.3:6379:2'")

pool(weir.yml ketama "${three}")
shown(hashing.md route -c weir.yml user:1 "{user:7}:cart")
shown(hashing.md ring -c weir.yml)
pool(weir.yml rendezvous "${three}")
pool(new.yml rendezvous "${three}, '10.0.0.4:6379:1'")
shown(hashing.md ring -c weir.yml --against new.yml)
file(COPY ${SOURCE}/conf DESTINATION ${SCRATCH})
shown(hashing.md route -c conf/read_write.yml --pool sessions user:1)
shown(hashing.md route -c conf/read_write.yml --pool sessions --as get user:1)

file(WRITE ${SCRATCH}/weir.yml "admin: 127.0.0.1:22223\npools:\n  alpha:\n    listen: 127.0.0.1:22121\n    protocol: redis\n\
    hash: murmurr\n    servers: ['127.0.0.1:6379:1']\n")
shown(operations.md -t -c weir.yml)

shown(plugin-guide.md --plugin-info ${PLUGIN})
