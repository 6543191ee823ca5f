"""Decoders of other projects, measured: cases from standard input, one line of JSON for each decoder that is here.

In: {"seconds": of processor time each, "cases": {family: [{"bytes", "request"?, "record"?, "secret"?}, ...]}}, bytes in hex.
Out: {"decoder", "version", "family", "decoded": indexes of the cases that it decodes, "rate": of them, per processor second}.
"""

import importlib.metadata
import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)


def victron_ble():
    from victron_ble.devices import detect_device_type

    def decoder(case):
        data = bytes.fromhex(case["bytes"])
        parser = detect_device_type(data)(case["secret"])
        return lambda: parser.parse(data)

    return decoder


def aiobmsble():
    from aiobmsble.bms.jbd_bms import BMS

    class Event:
        def set(self):
            pass

    bms = BMS.__new__(BMS)
    bms._log = logging.getLogger("none")
    bms._msg_event = Event()

    def basic(data):
        # As _async_update of the same version.
        result = BMS._decode_data(bms._FIELDS, bms._msg)
        control = 27 + 2 * result.get("temp_sensors", 0)
        if int.from_bytes(bms._msg[control : control + 1], "big") & 0x80:
            result |= BMS._decode_data(bms._FIELDS_D10, bms._msg)
        result["temp_values"] = BMS._temp_values(
            bms._msg,
            values=result.get("temp_sensors", 0),
            start=27,
            signed=False,
            offset=2731,
            divider=10,
            types=bms._TEMP_TYPES,
        )
        return result

    def cells(data):
        return BMS._cell_voltages(bms._msg, cells=data[3] // 2, start=4, byteorder="big")

    def decoder(case):
        data = bytearray.fromhex(case["bytes"])
        decode = {3: basic, 4: cells}[data[1]]

        def work():
            bms._valid_reply, bms._msg, bms._frame = data[1], b"", bytearray()
            bms._notification_handler(None, data)
            if not bms._msg:
                raise ValueError("not taken")
            return decode(data)

        return work

    return decoder


def mppsolar(name):
    def make():
        module = __import__(f"mppsolar.protocols.{name}", fromlist=[name])
        protocol = getattr(module, name)()

        def decoder(case):
            data = bytes.fromhex(case["bytes"])
            if name == "ved":
                command = "vedtext"
            else:
                command = bytes.fromhex(case["request"])[:-3].decode()
                command = command[5:] if name.startswith("pi18") else command
            if protocol.get_command_defn(command) is None:
                raise ValueError("not known")

            def work():
                decoded = protocol.decode(data, command)
                if "validity check" in decoded or "ERROR" in decoded:
                    raise ValueError("not taken")
                return decoded

            return work

        return decoder

    return make


def renogy_ble(checks):
    def make():
        return renogy_decoder(checks)

    return make


def renogy_decoder(checks):
    from renogy_ble.renogy_parser import RenogyParser

    # Its program leaves the checksum of an answer unchecked, though it has what checks it.
    from renogy_ble.ble import modbus_crc

    def decoder(case):
        data = bytes.fromhex(case["bytes"])
        register = int(case["request"][4:8], 16)

        def work():
            if checks and bytes(modbus_crc(data[:-2])) != data[-2:]:
                raise ValueError("damaged")
            decoded = RenogyParser.parse(data, "controller", register)
            if not decoded:
                raise ValueError("not known")
            return decoded

        return work

    return decoder


def python_can():
    from can.interfaces.seeedstudio.seeedstudio import SeeedBus

    class Port:
        data = b""
        at = 0

        def read(self, count=1):
            self.at += count
            return self.data[self.at - count : self.at]

    bus = SeeedBus.__new__(SeeedBus)
    bus.ser = port = Port()

    def decoder(case):
        data = bytes.fromhex(case["bytes"])

        def work():
            port.data, port.at = data, 0
            message, _ = bus._recv_internal(None)
            if message is None:
                raise ValueError("not taken")
            return message

        return work

    return decoder


DECODERS = [
    ("victron-ble", "victron_ble", victron_ble),
    ("jbd", "aiobmsble", aiobmsble),
    ("voltronic-pi30", "mppsolar", mppsolar("pi30")),
    ("voltronic-pi18", "mppsolar", mppsolar("pi18")),
    ("vedirect-text", "mppsolar", mppsolar("ved")),
    ("renogy-controller", "renogy-ble", renogy_ble(False)),
    ("renogy-controller", "renogy-ble with a checked checksum", renogy_ble(True)),
    ("usb-can-a", "python-can", python_can),
]


def usable(decoder, cases):
    for index, case in enumerate(cases):
        try:
            work = decoder(case)
            work()
        except Exception:
            continue
        yield index, work


def rate_of(works, seconds):
    rounds = 0
    started = time.process_time()
    while (used := time.process_time() - started) < seconds:
        for work in works:
            work()
        rounds += 1
    return rounds * len(works) / used


def main():
    asked = json.load(sys.stdin)
    for family, package, make in DECODERS:
        try:
            version = importlib.metadata.version(package.split()[0])
            decoder = make()
        except ImportError:
            continue
        found = list(usable(decoder, asked["cases"].get(family, [])))
        if not found:
            continue
        rate = rate_of([work for _, work in found], asked["seconds"])
        decoded = [index for index, _ in found]
        line = {"decoder": package, "version": version, "family": family, "decoded": decoded, "rate": rate}
        print(json.dumps(line), flush=True)


main()
