// The evald-snapshot that belongs to it: start evald with --snapshot_tool.
#include "examples/native_extension/geo.h"
#include "snapshot/snapshot_main.h"

int main(int argc, char** argv) { return evald::SnapshotMain(argc, argv, {examples::GeoExtension()}); }
