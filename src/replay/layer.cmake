# These speak the vocabulary of trace/record.hpp unqualified, where Call means another thing than in the
# public headers.
foreach(file listing player program_source recorded_call recorder)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/src/replay/${file}.cpp PROPERTIES
                              SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
