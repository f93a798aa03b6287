// The V8 platform of all of evald's processes, and V8's start.
#pragma once

#include <v8.h>

#include <string>

#include "evald/v1/config.pb.h"
#include "runtime/mapping_log.h"

namespace evald {

// Starts V8 once per process, single-threaded; later calls do nothing, so whoever has an `engine` to set
// calls first. Call from the thread that will use V8. `log`, if given, is told of every mapping V8 makes,
// changes or gives back; it outlives the process's use of V8.
void StartV8(const v1::EngineConfig& engine = {}, MappingLog* log = nullptr);

// The flags that V8 was started with, space-separated. Part of a snapshot's identity.
const std::string& V8Flags();

// Whether V8 has ever been refused memory that it asked for: what tells running into a limit from being
// broken.
bool MemoryWasRefused();

// Runs one task that V8 has posted for the isolate. False: there was none.
bool RunOneTask(v8::Isolate* isolate);

}  // namespace evald
