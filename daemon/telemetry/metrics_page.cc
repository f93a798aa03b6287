#include "daemon/telemetry/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <utility>

namespace evald {

std::string MetricsPage(const std::vector<const prometheus::Collectable*>& collectables) {
  std::vector<prometheus::MetricFamily> all;
  for (const prometheus::Collectable* collectable : collectables) {
    std::vector<prometheus::MetricFamily> some = collectable->Collect();
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return static_cast<const prometheus::Serializer&>(prometheus::TextSerializer()).Serialize(all);
}

void AddMetricsRoute(std::vector<const prometheus::Collectable*> collectables, AdminRouter& router) {
  router.Add(boost::beast::http::verb::get, "/metrics",
             [collectables = std::move(collectables)](const AdminRequest&) {
               return AdminResponse{.content_type = kMetricsContentType, .body = MetricsPage(collectables)};
             });
}

}  // namespace evald
