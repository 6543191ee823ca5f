#!/usr/bin/env python3
"""A Bluetooth LE inverter that demands a bond with a passkey, for the Bluetooth stack of a Linux kernel.

Runs on the host, beside the VM (bonding.ts starts it): Bumble's virtual controllers and security manager. The kernel
of the VM gets one controller as its adapter, through a socket and guest-adapter.py; the inverter sits on the other.

--sockets DIR  makes two unix sockets: DIR/air (HCI packets, H4) and DIR/peer (commands in, events out, by lines)

Events are JSON objects, one per line. Commands, one per line:
  pairing on|off    accept pairing (default), or refuse it as a device that is not in pairing mode does
  passkey 123456    the passkey the inverter holds
  forget            the inverter loses its bonds (factory reset)
  bonds             prints the bonded addresses
  hangup            the inverter ends the connection
  vanish|reappear   out of range: the link is dropped and advertising stops, or starts again
  silent on|off     the link stays up but reads are not answered
Each is answered by {"event": "done"}.
"""
import argparse, asyncio, json, logging, os

from bumble import hci
from bumble.att import ATT_Error, Attribute, ErrorCode
from bumble.controller import Controller
from bumble.core import AdvertisingData, PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink
from bumble.ll import TerminateInd
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

ap = argparse.ArgumentParser()
ap.add_argument('--sockets', required=True, metavar='DIR')
ap.add_argument('--address', default='C8:47:8C:00:00:01', help='public address of the peripheral')
ap.add_argument('--adapter', default='00:1B:DC:0F:00:01', help="address of the kernel's adapter")
ap.add_argument('--name', default='ID55355535553555')
ap.add_argument('--passkey', type=int, default=123456)
ap.add_argument('--legacy', action='store_true', help='LE legacy pairing (Bluetooth 4.0/4.1) instead of secure connections')
ap.add_argument('--just-works', action='store_true', help='no display: the bond is not authenticated, protected values stay shut')
ap.add_argument('--security-request', action='store_true', help='ask for security as soon as a central connects')
ap.add_argument('--interval', type=int, default=100, help='advertising interval, ms')
ap.add_argument('--log', action='store_true', help="Bumble's own log on stderr")
opt = ap.parse_args()
if opt.log: logging.basicConfig(level=logging.DEBUG)
state = {'pairing': True, 'passkey': opt.passkey, 'silent': False, 'peer': None}


def tell(event, **more):
    line = json.dumps({'event': event, **more}) + '\n'
    if state['peer']: state['peer'].write(line.encode())


class Air(LocalLink):
    """Bumble's air names the sender of data by its random address; BlueZ uses its public one."""

    def send_acl_data(self, sender, destination, transport, data):
        receiver, link = self.find_le_controller(destination), sender.le_connections.get(destination)
        if receiver and link:
            asyncio.get_running_loop().call_soon(lambda: receiver.on_link_acl_data(link.self_address, transport, data))


class Adapter(Controller):
    """The kernel's adapter. A plain 4.2 one: the kernel then uses legacy scanning and connecting."""

    le_features = Controller.le_features & ~(hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING)

    # Bumble accepts a cancel but goes on connecting and never says that the attempt is over.
    def on_hci_le_create_connection_cancel_command(self, command):
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending:
            asyncio.get_running_loop().call_soon(self.send_hci_packet, hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, connection_handle=0, role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type, peer_address=pending.peer_address,
                connection_interval=0, peripheral_latency=0, supervision_timeout=0, central_clock_accuracy=0))
        return super().on_hci_le_create_connection_cancel_command(command)

    def on_hci_reset_command(self, command):
        for link in list(self.le_connections.values()):
            link.send_ll_control_pdu(TerminateInd(hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR))
        self.le_connections.clear()
        self.pending_le_connection, self.le_scan_enable = None, False
        return super().on_hci_reset_command(command)


class Wire:
    """The socket to the VM as Bumble's packet sink. H4: type, header, payload; only commands and data come from a host."""

    def __init__(self): self.writer = None

    def on_packet(self, packet):
        if self.writer: self.writer.write(packet)

    async def serve(self, controller, reader, writer):
        self.writer = writer
        try:
            while True:
                kind = await reader.readexactly(1)
                head = await reader.readexactly(3 if kind == b'\x01' else 4)
                size = head[2] if kind == b'\x01' else int.from_bytes(head[2:4], 'little')
                controller.on_packet(kind + head + await reader.readexactly(size))
        except asyncio.IncompleteReadError:
            self.writer = None


class Delegate(PairingDelegate):
    def __init__(self):
        super().__init__(self.NO_OUTPUT_NO_INPUT if opt.just_works else self.DISPLAY_OUTPUT_ONLY,
                         local_responder_key_distribution=self.KeyDistribution.DISTRIBUTE_ENCRYPTION_KEY)   # no identity key: fixed address

    async def accept(self):
        tell('pairing-request', accepted=state['pairing'])
        return state['pairing']

    async def generate_passkey(self): return state['passkey']

    async def display_number(self, number, digits): tell('passkey-shown', passkey=f'{number:0{digits}}')


class Inverter(Device):
    """For a bond by legacy pairing Bumble looks up the key by role, and takes the central's; the peripheral's own counts."""

    async def get_long_term_key(self, connection_handle, rand, ediv):
        link = self.lookup_connection(connection_handle)
        key = self.smp_manager.get_long_term_key(link, rand, ediv)          # pairing goes on: its temporary key
        if key is None and (bond := await self.keystore.get(str(link.peer_address))):
            key = (bond.ltk or bond.ltk_central).value
        tell('encrypt', key=key is not None)
        return key


def u16(*values): return b''.join(v.to_bytes(2, 'little') for v in values)

# Voltronic section 10: 20 bytes, little-endian; the numbers are made up but consistent.
VALUES = {
    '2A03': u16(2301, 500, 2300, 500, 460, 412, 8, 380, 5280, 12),                                   # grid, output, bus, battery
    '2A04': u16(87, 41, 0, 0) + bytes(4) + b'L\x00' + u16(0, 0, 0),                              # capacity, heat sink, no warning, line mode
    '2A05': u16(2300, 217, 2300, 500, 217, 5000, 5000, 480) + bytes([1, 0, 0, 0]),                   # ratings
}


async def main():
    wire, air = Wire(), Air()
    adapter = Adapter('adapter', host_sink=wire, link=air, public_address=opt.adapter)
    radio = Controller('inverter', link=air, public_address=opt.address)

    # The usual plumbing of a Bumble device on a controller in the same process.
    host = Host()
    host.controller = radio
    device = Inverter(config=DeviceConfiguration(name=opt.name, address=hci.Address(opt.address, hci.Address.PUBLIC_DEVICE_ADDRESS)), host=host)
    device.keystore = MemoryKeyStore()
    device.pairing_config_factory = lambda _link: PairingConfig(
        sc=not opt.legacy, mitm=not opt.just_works, bonding=True, delegate=Delegate(), identity_address_type=PairingConfig.AddressType.PUBLIC)

    async def weak(link):
        # Bumble counts every encrypted link as authenticated; a real device asks how the key came about.
        bond = await device.keystore.get(str(link.peer_address))
        key = bond and (bond.ltk or bond.ltk_central)
        return ErrorCode.INSUFFICIENT_AUTHENTICATION if key and not key.authenticated else None

    async def read(link, uuid, value):
        if error := await weak(link): raise ATT_Error(error)
        if state['silent']: await asyncio.get_running_loop().create_future()
        tell('read', uuid=uuid)
        return value

    shut = Attribute.READABLE | Attribute.READ_REQUIRES_ENCRYPTION | Attribute.READ_REQUIRES_AUTHENTICATION
    device.add_service(Service('1810', [
        Characteristic(uuid, Characteristic.Properties.READ, shut, CharacteristicValue(read=lambda link, u=uuid, v=value: read(link, u, v)))
        for uuid, value in VALUES.items()]))
    # A serial line in the manner of battery modules: what is written to FF02 comes back on FF01, reversed.
    async def write(link, value):
        if error := await weak(link): raise ATT_Error(error)
        tell('write', bytes=value.hex())
        await device.notify_subscriber(link, line, value[::-1])

    line = Characteristic('FF01', Characteristic.Properties.NOTIFY, Attribute.READABLE | Attribute.READ_REQUIRES_AUTHENTICATION)
    device.add_service(Service('FF00', [line, Characteristic(
        'FF02', Characteristic.Properties.WRITE | Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
        Attribute.WRITEABLE | Attribute.WRITE_REQUIRES_ENCRYPTION | Attribute.WRITE_REQUIRES_AUTHENTICATION, CharacteristicValue(write=write))]))
    device.add_service(Service('180A', [Characteristic('2A29', Characteristic.Properties.READ, Attribute.READABLE, b'open to all')]))
    device.advertising_data = bytes(AdvertisingData([
        (AdvertisingData.FLAGS, b'\x06'), (AdvertisingData.COMPLETE_LOCAL_NAME, opt.name.encode())]))

    async def advertise():
        await device.start_advertising(own_address_type=hci.OwnAddressType.PUBLIC, advertising_data=device.advertising_data, auto_restart=True,
                                       advertising_interval_min=opt.interval, advertising_interval_max=opt.interval)

    def pairing_failed(link, reason):
        tell('pairing-failed', reason=getattr(reason, 'name', str(reason)))
        # Bumble lets a failed attempt listen on: it would hand out keys in the next attempt on the same link.
        if session := device.smp_manager.sessions.get(link.handle): session.on_disconnection(0)

    def on_connection(link):
        tell('connected', peer=str(link.peer_address))
        link.on(link.EVENT_DISCONNECTION, lambda reason: tell('disconnected', reason=reason))
        link.on(link.EVENT_CONNECTION_ENCRYPTION_CHANGE, lambda: tell('encrypted', on=bool(link.encryption)))
        link.on(link.EVENT_PAIRING, lambda keys: tell('paired', authenticated=bool((keys.ltk or keys.ltk_central).authenticated), sc=link.sc and not opt.legacy))
        link.on(link.EVENT_PAIRING_FAILURE, lambda reason: pairing_failed(link, reason))
        if opt.security_request: link.request_pairing()

    device.on('connection', on_connection)
    await device.power_on()
    await advertise()

    async def command(word, arg):
        if word == 'pairing': state['pairing'] = arg != 'off'
        elif word == 'silent': state['silent'] = arg != 'off'
        elif word == 'passkey': state['passkey'] = int(arg)
        elif word == 'forget': await device.keystore.delete_all()
        elif word == 'bonds': tell('bonds', of=[name for name, _ in await device.keystore.get_all()])
        elif word in ('hangup', 'vanish'):
            if word == 'vanish': await device.stop_advertising()
            for link in list(device.connections.values()): await link.disconnect()
            if word == 'vanish': await device.stop_advertising()
        elif word == 'reappear': await advertise()
        else: return tell('unknown-command', word=word)
        tell('done', word=word)

    async def peer(reader, writer):
        state['peer'] = writer
        while line := await reader.readline():
            if words := line.decode().split(): await command(words[0], (words + [''])[1])

    await asyncio.start_unix_server(peer, os.path.join(opt.sockets, 'peer'))
    await asyncio.start_unix_server(lambda r, w: wire.serve(adapter, r, w), os.path.join(opt.sockets, 'air'))
    print('ready', flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
