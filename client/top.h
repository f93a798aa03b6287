// evalctl top: the daemon's live figures as a screen of text.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "evald/v1/status.pb.h"

namespace evald {

struct ScreenSize {
  size_t columns = 80;
  size_t rows = 24;
};

// Keeps what it has been shown, for the course of things. Used by one thread.
class TopView {
 public:
  // `server` is the address watched. `colour`: the terminal understands colours.
  TopView(std::string server, bool colour) : server_(std::move(server)), colour_(colour) {}

  // One moment as lines, each ended by a newline and, but for colours, no wider than the screen; no more of
  // them than it has rows. Whatever scripts and tenants put into names and messages is made harmless.
  std::string Frame(const v1::LiveStatus& status, ScreenSize size);

 private:
  std::string Workers(const v1::LiveStatus& status, size_t columns) const;
  std::string Coloured(const char* code, const std::string& text) const;

  const std::string server_;
  const bool colour_;
  std::deque<double> rates_;  // latest at the back
};

}  // namespace evald
