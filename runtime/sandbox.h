// Sandbox: takes from the zygote and its workers what a script could never need.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "evald/v1/config.pb.h"
#include "runtime/outside_memory.h"

namespace evald {

// Used by the zygote in this order: EnterCgroup, EnterNamespaces, (everything that needs files), GiveUpFiles,
// GiveUpPrivileges; then each worker loads the filter. Each step notes what it could put in force and what
// not; nothing here ends the process.
class Sandbox {
 public:
  // One line each, for the log and the status: "network namespace", "seccomp filter (38 system calls)".
  const std::vector<std::string>& in_force() const { return in_force_; }
  // With the reason: "user namespace: Operation not permitted".
  const std::vector<std::string>& missing() const { return missing_; }

  // Moves this process, and so its children, into a cgroup of version 2 below /sys/fs/cgroup, which is made
  // if it is not there. `memory_bytes`: of all of them together; 0: no bound.
  void EnterCgroup(const std::string& path, uint64_t memory_bytes);

  // Goes on in a child that has its own user, mount, PID, network, IPC and UTS namespaces, as far as the
  // kernel allows; the calling process stays behind, does nothing but wait, and ends as the child does.
  // Without a new PID namespace it returns in the caller.
  void EnterNamespaces();

  // The root becomes an empty, read-only folder. Files that are open stay so.
  void GiveUpFiles();

  // No user, no capabilities, none to be gained.
  void GiveUpPrivileges();

  // Makes the filter that a worker loads, in memory outside the image.
  void PrepareFilter(OutsideMemory& outside);
  // Null if there is none. Loading it needs no_new_privs, which GiveUpPrivileges sets.
  const sock_fprog* filter() const { return filter_; }

 private:
  void Note(bool done, const std::string& what, int error);

  bool has_mount_namespace_ = false;
  const sock_fprog* filter_ = nullptr;
  std::vector<std::string> in_force_;
  std::vector<std::string> missing_;
};

}  // namespace evald
