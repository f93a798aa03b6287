# workerd with the dynamic worker loader: peers/workerd/loader.js takes scripts over HTTP.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ (name = "main", worker = .loader) ],
  # Its address is given on the command line.
  sockets = [ (name = "http", http = (), service = "main") ],
);

const loader :Workerd.Worker = (
  modules = [
    (name = "loader.js", esModule = embed "loader.js"),
    (name = "bundle", text = embed "bundle.txt"),
  ],
  compatibilityDate = "2025-09-01",
  bindings = [ (name = "LOADER", workerLoader = ()) ],
);
