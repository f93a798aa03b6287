#include "daemon/admin/admin_events.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_json.h"

namespace evald {
namespace {

namespace http = boost::beast::http;
using std::chrono::milliseconds;

constexpr milliseconds kShortest{200};
constexpr milliseconds kLongest{60000};
constexpr milliseconds kDefault{1000};
// How old figures may be that were taken for somebody else.
constexpr milliseconds kFresh{100};
constexpr size_t kMostSubscribers = 64;

// What all subscribers share.
class Figures {
 public:
  Figures(LiveStatusSource* source, TimerQueue* timers) : source_(source), timers_(timers) {}

  TimerQueue& timers() { return *timers_; }

  std::shared_ptr<const std::string> Event() {
    const MonotonicTime now = timers_->clock().Now();
    if (event_ == nullptr || now - taken_ >= kFresh) {
      v1::LiveStatus status;
      source_->FillLive(status);
      event_ = std::make_shared<const std::string>(ToEvent(status));
      taken_ = now;
    }
    return event_;
  }

  size_t subscribers = 0;

 private:
  LiveStatusSource* const source_;
  TimerQueue* const timers_;
  std::shared_ptr<const std::string> event_;
  MonotonicTime taken_{};
};

class Subscriber final : public AdminTask {
 public:
  Subscriber(std::shared_ptr<Figures> figures, AdminReply* reply, Duration interval)
      : figures_(std::move(figures)), reply_(reply), interval_(interval) {
    ++figures_->subscribers;
    reply_->Begin({.content_type = "text/event-stream"});
    reply_->Write(figures_->Event());
    Arm();
  }
  ~Subscriber() override { --figures_->subscribers; }

 private:
  void Arm() {
    // At multiples of the interval, so that those with the same interval meet.
    const Duration since = figures_->timers().clock().Now().time_since_epoch();
    timer_ = figures_->timers().After(interval_ - since % interval_, [this] {
      if (reply_->unsent() == 0) reply_->Write(figures_->Event());
      Arm();
    });
  }

  const std::shared_ptr<Figures> figures_;
  AdminReply* const reply_;
  const Duration interval_;
  Timer timer_;
};

// Nothing: it is not a number within the bounds.
std::optional<milliseconds> IntervalOf(const AdminRequest& request) {
  const std::optional<std::string_view> text = QueryValue(ToView(request.target()), "interval_ms");
  if (!text) return kDefault;
  int64_t count = 0;
  const bool digits = std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(absl::string_view(text->data(), text->size()), &count))
    return std::nullopt;
  if (count < kShortest.count() || count > kLongest.count()) return std::nullopt;
  return milliseconds(count);
}

}  // namespace

void AddEventsRoute(LiveStatusSource* source, TimerQueue* timers, AdminRouter& router) {
  AdminRoute route;
  route.handler = [figures = std::make_shared<Figures>(source, timers)](
                      const AdminRequest& request, AdminReply& reply) -> std::unique_ptr<AdminTask> {
    const std::optional<milliseconds> interval = IntervalOf(request);
    if (!interval) {
      reply.Send(FailureResponse(
          {v1::ERROR_REASON_INVALID_REQUEST,
           absl::StrCat("interval_ms: not a number from ", kShortest.count(), " to ", kLongest.count())}));
      return nullptr;
    }
    if (figures->subscribers >= kMostSubscribers) {
      reply.Send({.status = http::status::service_unavailable,
                  .body = absl::StrCat("There are ", kMostSubscribers, " subscribers already.\n")});
      return nullptr;
    }
    return std::make_unique<Subscriber>(figures, &reply, *interval);
  };
  router.Add(http::verb::get, "/v1/events", std::move(route));
}

}  // namespace evald
