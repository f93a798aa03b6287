// evald-snapshot's end of its socket: one SnapshotRequest in, SnapshotEvents out
// (proto/evald/internal/builder.proto).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "runtime/extension.h"

namespace evald::snapshot {

// The longest request that is accepted: a configuration may hold its sources in itself.
inline constexpr size_t kMaxRequestBytes = size_t{256} << 20;

// Reads one request from `socket_fd` and answers it. The startup data of a `ready` answer has been written to
// `blob_fd` from its beginning, which has its length then, before `ready` is sent. `available`: the
// extensions that this program is linked with. `transpiler`: as PrepareSnapshot's.
//
// OK: an answer was sent, be it `failed`. UNAVAILABLE: the daemon hung up. Else: the request could not be
// read.
absl::Status ServeRequest(int socket_fd, int blob_fd, const std::vector<Extension>& available,
                          const std::string& transpiler);

// Has the kernel kill this process when the thread that started it ends, so that no build outlives its
// daemon.
absl::Status DieWithParent();

// Makes `bytes` all that is in `fd`.
absl::Status WriteAll(int fd, std::string_view bytes);

}  // namespace evald::snapshot
