//! The keys of the expectations file and what their values may be.

use super::json::{Fields, Objects, Pairs, Reason, Str, Strings, Told};
use super::{VERSION, WAIT_MAX_MS};
use crate::expect::{Expectations, Goal, Override, Policy, WantedOption};
use crate::finding::Severity;
use crate::rule::Code;
use crate::text::{Line, Name, Value};
use core::marker::PhantomData;
use heapless::Vec;
use serde::de::MapAccess;

/// The file as a whole.
#[derive(Default)]
pub(super) struct File {
    pub(super) want: Expectations,
    pub(super) version: bool,
}

impl<'de> Fields<'de> for File {
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
        told: &Told,
    ) -> Result<bool, A::Error> {
        let want = &mut self.want;
        match key {
            "version" => {
                if map.next_value::<u32>()? != VERSION {
                    return Err(told.refuse("only version 1 is understood", key));
                }
                self.version = true;
            }
            "goals" => {
                let take = |name: &str| {
                    want.goals.insert(Goal::named(name).ok_or("unknown goal")?);
                    Ok(())
                };
                map.next_value_seed(Strings { told, take })?;
            }
            "modules" => {
                map.next_value_seed(super::json::Object { of: &mut Modules(want), told })?
            }
            "order" => {
                let take = |a: &str, b: &str| push(&mut want.order, (module(a)?, module(b)?));
                map.next_value_seed(Pairs { told, take })?;
            }
            "options" => {
                let take = |o: OptionEntry| push(&mut want.options, o.whole()?);
                map.next_value_seed(Objects { told, take, of: PhantomData })?;
            }
            "forbidden_drivers" => {
                map.next_value_seed(modules(told, &mut want.forbidden_drivers))?;
            }
            "gpus" => want.gpus = Some(map.next_value()?),
            "deadline_ms" => want.deadline_ms = wait(map, key, told)?,
            "hold_ms" => want.hold_ms = wait(map, key, told)?,
            "threshold" => {
                let name = map.next_value_seed(Str::<64>(told))?;
                let severity = Severity::named(&name);
                want.threshold = severity.ok_or_else(|| told.refuse("unknown severity", &name))?;
            }
            "severity" => {
                let take = |o: SeverityEntry| push(&mut want.overrides, o.whole()?);
                map.next_value_seed(Objects { told, take, of: PhantomData })?;
            }
            "on_error" => {
                let name = map.next_value_seed(Str::<64>(told))?;
                want.policy = match name.as_str() {
                    "log" => Policy::Log,
                    "hold-display" => Policy::HoldDisplay,
                    "fail-unit" => Policy::FailUnit,
                    other => return Err(told.refuse("unknown policy", other)),
                };
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn push<T, const N: usize>(list: &mut Vec<T, N>, item: T) -> Result<(), Reason> {
    list.push(item).map_err(|_| "the list is too long")
}

/// A module, driver or parameter name: letters, digits, dash and underscore.
fn module(name: &str) -> Result<Name, Reason> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if name.is_empty() || !name.bytes().all(plain) {
        return Err("no module or parameter name");
    }
    Ok(Name::from(name))
}

fn modules<'t, const N: usize>(
    told: &'t Told,
    list: &'t mut Vec<Name, N>,
) -> Strings<'t, impl FnMut(&str) -> Result<(), Reason>> {
    Strings { told, take: |name: &str| push(list, module(name)?) }
}

fn wait<'de, A: MapAccess<'de>>(map: &mut A, key: &str, told: &Told) -> Result<u32, A::Error> {
    let ms = map.next_value::<u32>()?;
    if ms > WAIT_MAX_MS {
        return Err(told.refuse("more than 60000 milliseconds", key));
    }
    Ok(ms)
}

/// Modules by phase.
struct Modules<'w>(&'w mut Expectations);

impl<'de> Fields<'de> for Modules<'_> {
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
        told: &Told,
    ) -> Result<bool, A::Error> {
        let list = match key {
            "initrd" => &mut self.0.initrd_modules,
            "pre_display" => &mut self.0.pre_display_modules,
            _ => return Ok(false),
        };
        map.next_value_seed(modules(told, list))?;
        Ok(true)
    }
}

/// `{"module": …, "name": …, "value": …}`.
#[derive(Default)]
struct OptionEntry {
    module: Name,
    name: Name,
    value: Option<Value>,
}

impl OptionEntry {
    fn whole(self) -> Result<WantedOption, Reason> {
        let value = self.value.ok_or("an option has a module, a name and a value")?;
        Ok(WantedOption { module: module(&self.module)?, name: module(&self.name)?, value })
    }
}

impl<'de> Fields<'de> for OptionEntry {
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
        told: &Told,
    ) -> Result<bool, A::Error> {
        match key {
            "module" => self.module = map.next_value_seed(Str(told))?,
            "name" => self.name = map.next_value_seed(Str(told))?,
            "value" => self.value = Some(map.next_value_seed(Str(told))?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `{"code": …, "severity": …, "reason": …}`.
#[derive(Default)]
struct SeverityEntry {
    code: Option<u16>,
    severity: Option<Option<Severity>>,
    reason: Line,
}

impl SeverityEntry {
    fn whole(self) -> Result<Override, Reason> {
        match (self.code, self.severity) {
            (Some(code), Some(severity)) if !self.reason.is_empty() => {
                Ok(Override { code, severity, reason: self.reason })
            }
            _ => Err("a severity has a code, a severity and a reason"),
        }
    }
}

impl<'de> Fields<'de> for SeverityEntry {
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
        told: &Told,
    ) -> Result<bool, A::Error> {
        match key {
            "code" => {
                let text = map.next_value_seed(Str::<64>(told))?;
                let code = Code::parse(&text).filter(|c| crate::rule::is_code(c.0));
                self.code = Some(code.ok_or_else(|| told.refuse("no such code", &text))?.0);
            }
            "severity" => {
                let text = map.next_value_seed(Str::<64>(told))?;
                let severity = Severity::named(&text);
                if severity.is_none() && text != "off" {
                    return Err(told.refuse("unknown severity", &text));
                }
                self.severity = Some(severity);
            }
            "reason" => self.reason = map.next_value_seed(Str(told))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
