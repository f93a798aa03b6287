// evald-snapshot: builds V8 startup snapshots and keeps them in the store. The daemon starts it with
// --serve_fd.
#include "snapshot/snapshot_main.h"

int main(int argc, char** argv) { return evald::SnapshotMain(argc, argv); }
