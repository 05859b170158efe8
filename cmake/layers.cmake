# A layer is a folder under src/ compiled to one object library. `reprise_layer(NAME)` declares the
# next layer up: it sees the headers of all layers, and links with every layer declared before it.
# A folder may bring a `layer.cmake` of its own that sets REPRISE_<NAME>_LIBS (link libraries).
#
# A layer is compiled some files at a time (a unity build): a build from nothing takes a third of the
# time, one after a change in a header half of it, one after a change in one file a little more. It
# means that names without linkage are one set for a layer, too: what two files need, they share.
# Who edits few files prefers -DREPRISE_UNITY=OFF.

option(REPRISE_UNITY "Compile several files of a layer at once" ON)

set(REPRISE_LAYERS "" CACHE INTERNAL "")

function(reprise_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(reprise_${name} OBJECT ${sources})
  target_link_libraries(reprise_${name} PUBLIC reprise_options)
  set_target_properties(reprise_${name} PROPERTIES UNITY_BUILD ${REPRISE_UNITY}
                                                   UNITY_BUILD_BATCH_SIZE 10)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${name}/layer.cmake)
    include(${CMAKE_SOURCE_DIR}/src/${name}/layer.cmake)
  endif()
  if(REPRISE_${name}_LIBS)
    target_link_libraries(reprise_${name} PUBLIC ${REPRISE_${name}_LIBS})
  endif()
  set(REPRISE_LAYERS ${REPRISE_LAYERS} ${name} CACHE INTERNAL "")
endfunction()

# Gives `out` the object libraries of `name` and of every layer below it.
function(reprise_layers_up_to name out)
  set(result "")
  foreach(layer ${REPRISE_LAYERS})
    list(APPEND result reprise_${layer})
    if(layer STREQUAL name)
      break()
    endif()
  endforeach()
  set(${out} ${result} PARENT_SCOPE)
endfunction()

# The library an embedder links: all layers in one archive.
function(reprise_library)
  set(objects "")
  set(libs "")
  foreach(layer ${REPRISE_LAYERS})
    list(APPEND objects $<TARGET_OBJECTS:reprise_${layer}>)
    get_target_property(layer_libs reprise_${layer} LINK_LIBRARIES)
    list(REMOVE_ITEM layer_libs reprise_options)
    list(APPEND libs ${layer_libs})
  endforeach()
  add_library(reprise STATIC ${objects})
  add_library(reprise::reprise ALIAS reprise)
  list(REMOVE_DUPLICATES libs)
  target_link_libraries(reprise PUBLIC ${libs})
  target_include_directories(reprise PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(reprise PUBLIC cxx_std_23)
endfunction()
