// The global `geo`: what scripts see of the native half.
import { geo_distance as distance } from 'evald:ops';

globalThis.geo = {
  // Kilometres between two points, each { latitude, longitude } in degrees.
  distance: (a, b) => distance(+a.latitude, +a.longitude, +b.latitude, +b.longitude),
};
