#include "examples/native_extension/geo.h"

#include <array>
#include <cmath>

#include "examples/native_extension/geo_bundle.h"

namespace examples {
namespace {

constexpr double kRadians = 3.14159265358979323846 / 180, kEarthKilometres = 6371.0088;

// geo_distance(latitude, longitude, latitude, longitude): the great circle between two points, in kilometres.
// An op is called by JavaScript that its extension wrote, but with whatever a script passed on: it takes
// nothing for granted.
void Distance(const v8::FunctionCallbackInfo<v8::Value>& info) {
  std::array<double, 4> degrees{};
  for (int i = 0; i < 4; ++i) {
    if (!info[i]->IsNumber()) return;  // undefined
    degrees[static_cast<size_t>(i)] = info[i].As<v8::Number>()->Value();
  }
  const auto [latitude1, longitude1, latitude2, longitude2] = degrees;
  const double north = std::sin((latitude2 - latitude1) * kRadians / 2);
  const double east = std::sin((longitude2 - longitude1) * kRadians / 2);
  const double chord =
      north * north + std::cos(latitude1 * kRadians) * std::cos(latitude2 * kRadians) * east * east;
  info.GetReturnValue().Set(2 * kEarthKilometres * std::asin(std::sqrt(chord > 1 ? 1 : chord)));
}

}  // namespace

evald::Extension GeoExtension() { return evald::WithOps(evald::GeoBundle(), {{"geo_distance", Distance}}); }

}  // namespace examples
