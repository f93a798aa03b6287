#include "tests/support/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/check.h"
#include "base/unique_fd.h"

namespace evald::testing {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(std::map<std::string, std::string> changes) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) changes.try_emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  std::vector<std::string> entries;
  for (const auto& [name, value] : changes) entries.push_back(name + "=" + value);
  return entries;
}

UniqueFd OpenFor(const std::string& path, int flags) {
  UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC, 0600));
  EVALD_CHECK(fd, "files that a test's processes use can be opened");
  return fd;
}

// A file without a name that holds `text`, to be read from the start.
UniqueFd FileWith(const std::string& text) {
  UniqueFd fd(memfd_create("input", MFD_CLOEXEC));
  EVALD_CHECK(write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
              "a short file is written whole");
  lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

int ToCode(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -WTERMSIG(wait_status);
}

// Fields of /proc/PID/stat from the third on: the second, the program's name, may hold anything.
std::vector<std::string> StatFields(pid_t pid) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const size_t paren = stat.rfind(')');
  if (paren == std::string::npos) return {};
  std::istringstream rest(stat.substr(paren + 1));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); }))
      pids.push_back(std::stoi(name));
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace

Process::Process(const ProcessOptions& options) {
  // All that needs memory is done before the fork: other threads may hold the allocator's lock.
  const std::vector<std::string> environment = Environment(options.environment);
  const std::vector<char*> argv = Pointers(options.argv), envp = Pointers(environment);
  const UniqueFd in = FileWith(options.input);
  const UniqueFd out = OpenFor(options.out_file, O_WRONLY | O_CREAT | O_APPEND);
  const UniqueFd err = OpenFor(options.err_file, O_WRONLY | O_CREAT | O_APPEND);
  pid_ = fork();
  EVALD_CHECK(pid_ >= 0, "a test can fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(in.get(), STDIN_FILENO);
  dup2(out.get(), STDOUT_FILENO);
  dup2(err.get(), STDERR_FILENO);
  if (chdir(options.folder.c_str()) == 0) execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

Process::~Process() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Process::running() {
  if (code_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = ToCode(status);
  return false;
}

std::optional<int> Process::Wait(std::chrono::nanoseconds bound) {
  (void)Eventually([this] { return !running(); }, bound);
  return code_;
}

void Process::Signal(int signal) const {
  if (!code_) kill(pid_, signal);
}

Ending RunProgram(ProcessOptions options, std::chrono::nanoseconds bound) {
  const std::string folder = NewFolder();
  options.out_file = folder + "/out";
  options.err_file = folder + "/err";
  Ending ending;
  {
    Process process(options);
    ending.code = process.Wait(bound).value_or(-SIGKILL);
  }
  ending.out = ReadFile(options.out_file);
  ending.err = ReadFile(options.err_file);
  std::filesystem::remove_all(folder);
  return ending;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // Not by the buffer's iterators: they throw where a file of /proc goes with its process.
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  EVALD_CHECK(file.flush(), "a test's files can be written");
}

std::string NewFolder() {
  std::string folder = "/tmp/evald-test-XXXXXX";
  EVALD_CHECK(mkdtemp(folder.data()) != nullptr, "a test can make a folder");
  return folder;
}

int FreePort() {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EVALD_CHECK(bind(listener.get(), generic, size) == 0 && getsockname(listener.get(), generic, &size) == 0,
              "there is a free port");
  return ntohs(address.sin_port);
}

std::string PathFromEnvironment(const char* name) {
  const char* path = std::getenv(name);
  EVALD_CHECK(path != nullptr, "the test's target sets the paths of what it runs");
  return std::filesystem::absolute(path);
}

namespace proc {

std::vector<pid_t> Children(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t candidate : AllProcesses()) {
    const std::vector<std::string> fields = StatFields(candidate);
    if (fields.size() > 1 && fields[0] != "Z" && fields[0] != "X" && fields[1] == std::to_string(pid)) {
      children.push_back(candidate);
    }
  }
  return children;
}

std::vector<pid_t> Descendants(pid_t pid) {
  std::vector<pid_t> found = Children(pid);
  for (size_t i = 0; i < found.size(); ++i) {
    const std::vector<pid_t> more = Children(found[i]);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

bool Alive(pid_t pid) {
  const std::vector<std::string> fields = StatFields(pid);
  return !fields.empty() && fields[0] != "Z" && fields[0] != "X";
}

std::string Name(pid_t pid) {
  std::string name = ReadFile("/proc/" + std::to_string(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

bool IsNamespaceInit(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("NSpid:", 0) != 0) continue;
    // Its number in each namespace, from this one inwards.
    std::istringstream rest(line.substr(6));
    const std::vector<pid_t> pids{std::istream_iterator<pid_t>(rest), std::istream_iterator<pid_t>()};
    return pids.size() > 1 && pids.back() == 1;
  }
  return false;
}

size_t OpenDescriptors(pid_t pid) {
  std::error_code gone;
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", gone);
  return gone ? 0 : static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

size_t PrivateBytes(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  size_t kilobytes = 0;
  for (std::string line; std::getline(rollup, line);) {
    if (line.rfind("Private_", 0) == 0) kilobytes += std::stoul(line.substr(line.find(':') + 1));
  }
  return kilobytes * 1024;
}

uint64_t CpuTicks(pid_t pid) {
  const std::vector<std::string> fields = StatFields(pid);
  return fields.size() > 12 ? std::stoull(fields[11]) + std::stoull(fields[12]) : 0;
}

}  // namespace proc
}  // namespace evald::testing
