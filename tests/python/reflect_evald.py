"""Calls evald with nothing but its address: services, methods and messages are asked for by server reflection.

The few reflection messages are made here, field by field, as Debian packages no Python module for them.

usage: reflect_evald.py ADDRESS
"""

import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

SERVICE = "evald.v1.ScriptService"


def reflection_messages():
    """The classes of ServerReflectionRequest and ServerReflectionResponse, with the fields that are used."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="reflection_subset.proto", package="subset", syntax="proto3")

    def message(name, *fields):
        result = file.message_type.add(name=name)
        for number, field_name, kind, label, type_name in fields:
            result.field.add(number=number, name=field_name, type=kind, label=label, type_name=type_name)

    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    message(
        "Request",
        (4, "file_containing_symbol", field.TYPE_STRING, one, None),
        (7, "list_services", field.TYPE_STRING, one, None),
    )
    message("Files", (1, "file_descriptor_proto", field.TYPE_BYTES, many, None))
    message("Service", (1, "name", field.TYPE_STRING, one, None))
    message("Services", (1, "service", field.TYPE_MESSAGE, many, ".subset.Service"))
    message(
        "Response",
        (4, "file_descriptor_response", field.TYPE_MESSAGE, one, ".subset.Files"),
        (6, "list_services_response", field.TYPE_MESSAGE, one, ".subset.Services"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName("subset." + name)) for name in ("Request", "Response")]


class Reflection:
    def __init__(self, channel):
        self._request, response = reflection_messages()
        self._call = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=self._request.SerializeToString,
            response_deserializer=response.FromString,
        )

    def _ask(self, **fields):
        return next(self._call(iter([self._request(**fields)]), timeout=30))

    def services(self):
        return sorted(service.name for service in self._ask(list_services="*").list_services_response.service)

    def pool_for(self, symbol):
        """A descriptor pool that holds what describes `symbol`; the daemon sends each file with all that it imports."""
        pool = descriptor_pool.DescriptorPool()
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(data)
            for data in self._ask(file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto
        ]
        by_name = {file.name: file for file in files}

        def add(file):
            for imported in file.dependency:
                if imported in by_name:
                    add(by_name.pop(imported))
            pool.Add(file)

        while by_name:
            add(by_name.pop(next(iter(by_name))))
        return pool


def main(address):
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        reflection = Reflection(channel)
        print(" ".join(reflection.services()))

        pool = reflection.pool_for(SERVICE)
        method = pool.FindServiceByName(SERVICE).methods_by_name["Eval"]
        factory = message_factory.MessageFactory(pool)
        request = factory.GetPrototype(method.input_type)
        response = factory.GetPrototype(method.output_type)
        call = channel.unary_unary(
            "/{}/{}".format(SERVICE, method.name),
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        reply = call(json_format.ParseDict({"source": "[1,2,3].map(x => x * x)"}, request()), timeout=30)
        print(reply.value.json)


if __name__ == "__main__":
    main(sys.argv[1])
