// SPDX-License-Identifier: Apache-2.0
//
// One end of a publish-subscribe service of byte slices, and of the event service that goes with it, for C. The reader
// has a buffer of `capacity` packets, which does not overflow: a writer tries again until there is room, as iceoryx2's
// RetryUntilDelivered does. An end that sleeps is woken by an event for each packet.
use core::ffi::{c_char, CStr};
use core::mem::MaybeUninit;
use iceoryx2::port::{listener::Listener, notifier::Notifier, publisher::Publisher, subscriber::Subscriber};
use iceoryx2::prelude::*;
use iceoryx2::sample::Sample;
use iceoryx2::sample_mut_uninit::SampleMutUninit;

type Ipc = ipc::Service;
type Result<T> = core::result::Result<T, Box<dyn std::error::Error>>;

const PARTNERS: usize = 8; // writers of one service, at most

pub struct End {
    _node: Node<Ipc>,
    publisher: Option<Publisher<Ipc, [u8], ()>>,
    notifier: Option<Notifier<Ipc>>,
    subscriber: Option<Subscriber<Ipc, [u8], ()>>,
    listener: Option<Listener<Ipc>>,
    loan: Option<SampleMutUninit<Ipc, [MaybeUninit<u8>], ()>>,
    sample: Option<Sample<Ipc, [u8], ()>>,
}

fn open(folder: &str, prefix: &str, name: &str, bytes: usize, capacity: usize, writes: bool, sleeps: bool) -> Result<End> {
    let mut config = Config::default();
    config.global.set_root_path(&Path::new(folder.as_bytes())?);
    config.global.prefix = FileName::new(prefix.as_bytes())?;
    let node = NodeBuilder::new().config(&config).signal_handling_mode(SignalHandlingMode::Disabled).create::<Ipc>()?;
    let name: ServiceName = name.try_into()?;
    let service = node
        .service_builder(&name)
        .publish_subscribe::<[u8]>()
        .payload_alignment(Alignment::new(64).ok_or("alignment")?)
        .enable_safe_overflow(false)
        .history_size(0)
        .subscriber_max_buffer_size(capacity)
        .subscriber_max_borrowed_samples(2)
        .max_publishers(PARTNERS)
        .max_subscribers(1)
        .max_nodes(2 * PARTNERS)
        .open_or_create()?;
    let events = node.service_builder(&name).event().max_notifiers(PARTNERS).max_listeners(1).max_nodes(2 * PARTNERS).open_or_create()?;
    let mut end = End { _node: node, publisher: None, notifier: None, subscriber: None, listener: None, loan: None, sample: None };
    if writes {
        let builder = service.publisher_builder().initial_max_slice_len(bytes).max_loaned_samples(2);
        end.publisher = Some(builder.backpressure_strategy(BackpressureStrategy::RetryUntilDelivered).create()?);
        if sleeps {
            end.notifier = Some(events.notifier_builder().create()?);
        }
    } else {
        end.subscriber = Some(service.subscriber_builder().buffer_size(capacity).create()?);
        if sleeps {
            end.listener = Some(events.listener_builder().create()?);
        }
    }
    Ok(end)
}

fn text<'a>(at: *const c_char) -> &'a str {
    // Safety: the caller passes a NUL-terminated text that outlives the call.
    unsafe { CStr::from_ptr(at) }.to_str().unwrap_or("")
}

/// An end, or null with the reason on standard error. Never freed: its process is killed.
#[no_mangle]
pub extern "C" fn iceoryx2_peer_open(folder: *const c_char, prefix: *const c_char, name: *const c_char, bytes: usize, capacity: usize, writes: bool, sleeps: bool) -> *mut End {
    set_log_level(LogLevel::Fatal);
    match open(text(folder), text(prefix), text(name), bytes, capacity, writes, sleeps) {
        Ok(end) => Box::into_raw(Box::new(end)),
        Err(error) => {
            eprintln!("iceoryx2: {error:?}");
            core::ptr::null_mut()
        }
    }
}

/// Memory for the next packet, to be filled and then sent; null on failure.
///
/// # Safety
/// `end` is one that writes.
#[no_mangle]
pub unsafe extern "C" fn iceoryx2_peer_loan(end: *mut End, bytes: usize) -> *mut u8 {
    let end = &mut *end;
    match end.publisher.as_ref().map(|p| p.loan_slice_uninit(bytes)) {
        Some(Ok(mut loan)) => {
            let at = loan.payload_mut().as_mut_ptr() as *mut u8;
            end.loan = Some(loan);
            at
        }
        _ => core::ptr::null_mut(),
    }
}

/// 1 if the packet that was loaned went to the reader, 0 if it did not and is gone (the reader is not connected yet, or
/// iceoryx2 gave up), negative on failure.
///
/// # Safety
/// `end` is one that writes, and the memory last loaned was filled.
#[no_mangle]
pub unsafe extern "C" fn iceoryx2_peer_send(end: *mut End) -> i32 {
    let end = &mut *end;
    let Some(loan) = end.loan.take() else { return -1 };
    match loan.assume_init().send() {
        Ok(1) => end.notifier.as_ref().map_or(1, |n| if n.notify().is_ok() { 1 } else { -1 }),
        Ok(_) => 0,
        Err(_) => -1,
    }
}

/// The next packet, or null: none is there (an end that sleeps waits until one is). Good until the next call.
///
/// # Safety
/// `end` is one that reads; `length` may be written.
#[no_mangle]
pub unsafe extern "C" fn iceoryx2_peer_receive(end: *mut End, length: *mut usize) -> *const u8 {
    let end = &mut *end;
    end.sample = None;
    let Some(subscriber) = end.subscriber.as_ref() else { return core::ptr::null() };
    loop {
        match subscriber.receive() {
            Ok(Some(sample)) => {
                let (at, n) = (sample.payload().as_ptr(), sample.payload().len());
                end.sample = Some(sample);
                *length = n;
                return at;
            }
            Ok(None) => match end.listener.as_ref() {
                Some(listener) if listener.blocking_wait(|_| {}).is_ok() => {}
                _ => return core::ptr::null(),
            },
            Err(error) => {
                eprintln!("iceoryx2: {error:?}");
                return core::ptr::null();
            }
        }
    }
}

/// Gives the packet back that was received last.
///
/// # Safety
/// `end` is one that reads.
#[no_mangle]
pub unsafe extern "C" fn iceoryx2_peer_release(end: *mut End) {
    (*end).sample = None;
}
