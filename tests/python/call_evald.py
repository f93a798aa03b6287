"""Calls evald through stubs that protoc made from the .proto files.

usage: call_evald.py ADDRESS
"""

import json
import sys

import grpc
from google.protobuf import json_format

from evald.v1 import script_pb2, script_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc


def main(address):
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        scripts = script_pb2_grpc.ScriptServiceStub(channel)
        reply = scripts.Eval(script_pb2.EvalRequest(source="[1,2,3].map(x => x * x)"), timeout=30)
        print(json.loads(reply.value.json))

        structured = script_pb2.EvalRequest(source="({name: who, n: 2})", result_format="RESULT_FORMAT_STRUCTURED")
        structured.globals["who"].structured.string_value = "Ada"
        print(json_format.MessageToDict(scripts.Eval(structured, timeout=30).value.structured)["name"])

        request = script_pb2.CallFunctionRequest(function="Math.max")
        for number in (3, 7, 5):
            request.args.add(json=json.dumps(number))
        print(scripts.CallFunction(request, timeout=30).value.json)

        try:
            scripts.CallFunction(script_pb2.CallFunctionRequest(function="no.such"), timeout=30)
        except grpc.RpcError as error:
            print(error.code().name, dict(error.trailing_metadata())["evald-reason"])

        snapshots = snapshot_pb2_grpc.SnapshotServiceStub(channel)
        print(snapshots.GetSnapshot(snapshot_pb2.GetSnapshotRequest(), timeout=30).snapshot.generation)


if __name__ == "__main__":
    main(sys.argv[1])
