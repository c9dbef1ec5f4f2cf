//! Between Flex tensors of any strides and channels-last buffers.

use burn::tensor::{Bytes, DType, Shape};
use burn_flex::{FlexTensor, Layout};
use kernels::Dims;
use kernels::layout::channels_last;

/// Sizes of an `[n, c, h, w]` tensor.
fn dims_of(x: &FlexTensor) -> Dims {
    let shape = x.layout().shape();
    assert_eq!(shape.num_dims(), 4, "a batch of images has 4 axes, not {}", shape.num_dims());
    Dims { n: shape[0], c: shape[1], h: shape[2], w: shape[3] }
}

/// A tensor known to lie channels-last in memory. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct ChannelsLast {
    tensor: FlexTensor,
    start: usize,
    /// Its sizes.
    pub dims: Dims,
}

impl ChannelsLast {
    /// Takes the tensor as it is if it lies channels-last, else a repacked copy.
    pub fn from_tensor(x: FlexTensor) -> Self {
        let dims = dims_of(&x);
        let strides = x.layout().strides();
        let wanted = [dims.h * dims.w * dims.c, 1, dims.w * dims.c, dims.c];
        let sizes = [dims.n, dims.c, dims.h, dims.w];
        let fits = (0..4).all(|d| sizes[d] <= 1 || strides[d] == wanted[d] as isize);
        if fits {
            let start = x.layout().start_offset();
            return ChannelsLast { tensor: x, start, dims };
        }
        let strides = [strides[0], strides[1], strides[2], strides[3]];
        let numbers = channels_last(x.storage::<f32>(), x.layout().start_offset(), strides, dims);
        ChannelsLast::from_numbers(numbers, dims)
    }

    /// The tensor.
    pub fn into_tensor(self) -> FlexTensor {
        self.tensor
    }

    /// The numbers to write, if the tensor is the only one of its memory.
    pub fn own(&mut self) -> Option<&mut [f32]> {
        let (start, len) = (self.start, self.dims.len());
        self.tensor.try_storage_mut::<f32>().map(|data| &mut data[start..start + len])
    }

    /// The numbers to write, copied first if other tensors share their memory.
    pub fn made_own(&mut self) -> &mut [f32] {
        if self.own().is_none() {
            *self = ChannelsLast::from_numbers(self.data().to_vec(), self.dims);
        }
        let (start, len) = (self.start, self.dims.len());
        &mut self.tensor.storage_mut::<f32>()[start..start + len]
    }

    /// `[n, h, w, c]` numbers.
    pub fn from_numbers(data: Vec<f32>, dims: Dims) -> Self {
        ChannelsLast { tensor: tensor_of(data, dims), start: 0, dims }
    }

    /// The numbers, `[n, h, w, c]`.
    pub fn data(&self) -> &[f32] {
        &self.tensor.storage::<f32>()[self.start..self.start + self.dims.len()]
    }
}

/// A tensor of shape `[n, c, h, w]` over channels-last numbers.
pub fn tensor_of(data: Vec<f32>, d: Dims) -> FlexTensor {
    assert_eq!(data.len(), d.len(), "a channels-last buffer has as many numbers as its tensor");
    let strides = vec![(d.h * d.w * d.c) as isize, 1, (d.w * d.c) as isize, d.c as isize];
    FlexTensor::new(
        Bytes::from_elems(data),
        Layout::new(Shape::from(vec![d.n, d.c, d.h, d.w]), strides, 0),
        DType::F32,
    )
}

/// A contiguous tensor.
pub fn dense_tensor(data: Vec<f32>, shape: Vec<usize>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(data), Layout::contiguous(Shape::from(shape)), DType::F32)
}

/// The numbers of a tensor in the order of its axes, borrowed if they lie so.
pub fn dense(x: &FlexTensor) -> std::borrow::Cow<'_, [f32]> {
    match x.layout().contiguous_offsets() {
        Some((start, end)) => std::borrow::Cow::Borrowed(&x.storage::<f32>()[start..end]),
        None => std::borrow::Cow::Owned(x.to_contiguous().storage::<f32>().to_vec()),
    }
}
