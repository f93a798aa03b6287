// The V8 platform of all of evald's processes, and V8's start.
#pragma once

#include <v8.h>

#include "runtime/mapping_log.h"

namespace evald {

// Starts V8 once per process, single-threaded, with the flags of V8Flags(); later calls do nothing. Call from the thread
// that will use V8. `log`, if given, is told of every mapping V8 makes, changes or gives back; it outlives the process's use of V8.
void StartV8(MappingLog* log = nullptr);

// The V8 flags that every evald process runs with, space-separated. Part of a snapshot's identity.
const char* V8Flags();

// Runs one task that V8 has posted for the isolate. False: there was none.
bool RunOneTask(v8::Isolate* isolate);

}  // namespace evald
